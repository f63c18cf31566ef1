/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzes the reader of maps that programs write for perf. It reads in small parts from the end; what it finds is held to a
 * reader that takes the lines one by one from the beginning, unless a line is longer than a part.
 */
#include <sys/mman.h>

#define PERFMAP_NAME_MAX 16
#define PERFMAP_PART 192
#define perfmap_open fuzzed_open
#define perfmap_read fuzzed_read
#include "fuzz.h"
#include "symbol/perfmap.c"

enum { N = 64 };

static void plain_number(const char **at, const char *end, uint64_t *value, bool *good)
{
	char digits[17] = "", *stop;
	size_t n = 0, size;

	if (end - *at > 2 && (*at)[0] == '0' && ((*at)[1] == 'x' || (*at)[1] == 'X'))
		*at += 2;
	for (size = (size_t)(end - *at); n < size && strchr("0123456789abcdefABCDEF", (*at)[n]) && (*at)[n]; n++)
		;
	*good &= n > 0 && n <= 16;
	if (!*good)
		return;
	memcpy(digits, *at, n);
	*value = strtoull(digits, &stop, 16);
	*at += n;
	*good &= *at < end && (**at == ' ' || **at == '\t');
	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
}

static void plain_line(struct perfmap_name *names, const char *at, const char *end)
{
	uint64_t start = 0, size = 0;
	bool good = true;

	plain_number(&at, end, &start, &good);
	if (good)
		plain_number(&at, end, &size, &good);
	if (!good || at == end || !*at)
		return;
	for (int i = 0; i < N; i++) {
		if (names[i].address < start || names[i].address - start >= size)
			continue;
		free(names[i].name);
		names[i].name = xstrndup(at, end - at > PERFMAP_NAME_MAX ? PERFMAP_NAME_MAX : (size_t)(end - at));
	}
}

/* False: a line is longer than a part. */
static bool plain_read(struct perfmap_name *names, const char *data, size_t size)
{
	const char *end = data + size;

	for (const char *edge; (edge = memchr(data, '\n', (size_t)(end - data))); data = edge + 1) {
		if (edge - data >= PERFMAP_PART - 1)
			return false;
		plain_line(names, data, edge);
	}
	return end - data < PERFMAP_PART - 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct perfmap_name names[N] = {{0}}, plain[N] = {{0}};
	int fd = memfd_create("map", MFD_CLOEXEC);
	bool cut, whole;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	for (int i = 0; i < N; i++)
		names[i].address = plain[i].address = 0x1000 + 0x10 * (uint64_t)i * (i > N / 2 ? 0x1000001 : 1);
	whole = plain_read(plain, (const char *)data, size);
	fuzzed_read(fd, names, N, UINT64_MAX, &cut);
	for (int i = 0; i < N; i++) {
		if (whole && (!names[i].name != !plain[i].name || (names[i].name && strcmp(names[i].name, plain[i].name) != 0)))
			abort();
		free(names[i].name);
		free(plain[i].name);
	}
	/* A part of it, for no harm. */
	memset(names, 0, sizeof names);
	fuzzed_read(fd, names, N, size / 2, &cut);
	for (int i = 0; i < N; i++)
		free(names[i].name);
	close(fd);
	return 0;
}
