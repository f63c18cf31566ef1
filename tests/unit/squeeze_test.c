/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a compressing stream writes is what zlib and zstd read, whole, and the same each time. */
#include "base/squeeze.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/memory.h"

#define SIZE 3000000 /* many chunks */

static unsigned char *sample(void)
{
	unsigned char *data = xmalloc(SIZE);
	uint32_t seed = 1;

	for (size_t i = 0; i < SIZE; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (unsigned char)(i % 5 ? seed >> 24 : 'x');
	}
	return data;
}

static char *squeezed(enum squeeze how, const unsigned char *data, size_t size, size_t *got)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, got), *stream = squeeze_open(to, how);

	for (size_t at = 0; at < size; at += 777777) {
		size_t part = size - at < 777777 ? size - at : 777777;

		cr_assert_eq(fwrite(data + at, 1, part, stream), part);
	}
	cr_assert_eq(fclose(stream), 0);
	fclose(to);
	return text;
}

Test(squeeze, gzip_comes_back)
{
	unsigned char *data = sample(), *back = xmalloc(SIZE + 1);
	z_stream stream = {0};
	size_t size, again;
	char *text = squeezed(SQUEEZE_GZIP, data, SIZE, &size);
	char *other = squeezed(SQUEEZE_GZIP, data, SIZE, &again);

	cr_assert(size == again && memcmp(text, other, size) == 0);
	cr_assert_eq(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
	stream.next_in = (unsigned char *)text;
	stream.avail_in = (unsigned)size;
	stream.next_out = back;
	stream.avail_out = SIZE + 1;
	cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	cr_assert_eq(stream.avail_in, 0);
	cr_assert_eq(stream.total_out, SIZE);
	cr_assert_eq(memcmp(back, data, SIZE), 0);
	inflateEnd(&stream);
	free(text);
	free(other);
	free(back);
	free(data);
}

Test(squeeze, zstd_comes_back)
{
	unsigned char *data = sample(), *back = xmalloc(SIZE + 1);
	size_t size;
	char *text = squeezed(SQUEEZE_ZSTD, data, SIZE, &size);

	cr_assert_eq(ZSTD_decompress(back, SIZE + 1, text, size), SIZE);
	cr_assert_eq(memcmp(back, data, SIZE), 0);
	free(text);
	free(back);
	free(data);
}

Test(squeeze, nothing_is_a_file_too)
{
	size_t size;
	char byte, *text = squeezed(SQUEEZE_ZSTD, NULL, 0, &size);

	cr_assert_gt(size, 0);
	cr_assert_eq(ZSTD_decompress(&byte, 1, text, size), 0);
	free(text);
	text = squeezed(SQUEEZE_GZIP, NULL, 0, &size);
	cr_assert_eq(size, 20, "an empty file of gzip");
	free(text);
}

/* What cannot be written must not be called written. */
Test(squeeze, a_full_disk_is_told)
{
	FILE *to = fopen("/dev/full", "w"), *stream;

	cr_assert(to);
	setbuf(to, NULL);
	stream = squeeze_open(to, SQUEEZE_GZIP);
	fputs("text", stream);
	cr_assert_neq(fclose(stream), 0);
	fclose(to);
}

Test(squeeze, names)
{
	cr_assert_eq(squeeze_by_name("a.gz"), SQUEEZE_GZIP);
	cr_assert_eq(squeeze_by_name("a.b.zst"), SQUEEZE_ZSTD);
	cr_assert_eq(squeeze_by_name("gz"), SQUEEZE_NONE);
	cr_assert_eq(squeeze_by_name("a.gz.txt"), SQUEEZE_NONE);
	cr_assert_eq(squeeze_by_name(""), SQUEEZE_NONE);
}
