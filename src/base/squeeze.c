/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zlib and zstd behind stdio (fopencookie). Speed before size: what is exported is read once. No
 * memory for a coder is ours to die of, as in memory.h.
 */
#include "base/squeeze.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/memory.h"

#define CHUNK 65536

struct squeezer {
	FILE *to;
	z_stream gzip;
	ZSTD_CStream *zstd; /* NULL: it is gzip */
	uint8_t chunk[CHUNK];
};

static bool put(struct squeezer *squeezer, size_t size)
{
	return fwrite(squeezer->chunk, 1, size, squeezer->to) == size;
}

static bool step_zstd(struct squeezer *squeezer, const char *data, size_t size, bool ends)
{
	ZSTD_inBuffer in = {data, size, 0};
	ZSTD_EndDirective how = ends ? ZSTD_e_end : ZSTD_e_continue;
	size_t left;

	do {
		ZSTD_outBuffer out = {squeezer->chunk, CHUNK, 0};

		left = ZSTD_compressStream2(squeezer->zstd, &out, &in, how);
		if (ZSTD_isError(left) || !put(squeezer, out.pos))
			return false;
	} while (ends ? left != 0 : in.pos < in.size);
	return true;
}

static bool step_gzip(struct squeezer *squeezer, const char *data, size_t size, bool ends)
{
	z_stream *gzip = &squeezer->gzip;
	int rc;

	gzip->next_in = (Bytef *)(uintptr_t)data;
	gzip->avail_in = (uInt)size;
	do {
		gzip->next_out = squeezer->chunk;
		gzip->avail_out = CHUNK;
		rc = deflate(gzip, ends ? Z_FINISH : Z_NO_FLUSH);
		if (rc == Z_STREAM_ERROR || !put(squeezer, CHUNK - gzip->avail_out))
			return false;
	} while (ends ? rc != Z_STREAM_END : gzip->avail_in > 0);
	return true;
}

static bool step(struct squeezer *squeezer, const char *data, size_t size, bool ends)
{
	return squeezer->zstd ? step_zstd(squeezer, data, size, ends)
			      : step_gzip(squeezer, data, size, ends);
}

static ssize_t squeeze_write(void *cookie, const char *data, size_t size)
{
	size_t part = size < UINT32_MAX / 2 ? size : UINT32_MAX / 2; /* avail_in is an int */

	return step(cookie, data, part, false) ? (ssize_t)part : 0;
}

static int squeeze_close(void *cookie)
{
	struct squeezer *squeezer = cookie;
	bool whole = step(squeezer, NULL, 0, true);

	if (squeezer->zstd)
		ZSTD_freeCStream(squeezer->zstd);
	else
		deflateEnd(&squeezer->gzip);
	free(squeezer);
	return whole ? 0 : EOF;
}

enum squeeze squeeze_by_name(const char *path)
{
	size_t size = strlen(path);

	if (size >= 3 && strcmp(path + size - 3, ".gz") == 0)
		return SQUEEZE_GZIP;
	if (size >= 4 && strcmp(path + size - 4, ".zst") == 0)
		return SQUEEZE_ZSTD;
	return SQUEEZE_NONE;
}

FILE *squeeze_open(FILE *to, enum squeeze how)
{
	cookie_io_functions_t functions = {.write = squeeze_write, .close = squeeze_close};
	struct squeezer *squeezer = xcalloc(1, sizeof(*squeezer));
	FILE *stream;

	squeezer->to = to;
	if (how == SQUEEZE_ZSTD)
		squeezer->zstd = ZSTD_createCStream();
	if (how == SQUEEZE_ZSTD ? !squeezer->zstd
				: deflateInit2(&squeezer->gzip, Z_BEST_SPEED, Z_DEFLATED,
					  MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		memory_out();
	stream = fopencookie(squeezer, "w", functions);
	if (!stream)
		memory_out();
	return stream;
}
