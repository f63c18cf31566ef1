/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/* A program that brings its own malloc in its executable: the first in symbol order, so no preload can take its place. */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static char arena[1 << 20] __attribute__((aligned(16)));
static size_t used;

void *malloc(size_t size)
{
	size_t at = __atomic_fetch_add(&used, (size + 31) & ~15ul, __ATOMIC_RELAXED);

	*(size_t *)(arena + at) = size;
	return arena + at + 16;
}

void free(void *block)
{
	(void)block;
}

void *calloc(size_t count, size_t size)
{
	return malloc(count * size);
}

void *realloc(void *old, size_t size)
{
	void *block = malloc(size);

	if (old)
		memcpy(block, old, size < *((size_t *)old - 2) ? size : *((size_t *)old - 2));
	return block;
}

int main(void)
{
	char *text = malloc(100);

	strcpy(text, "own malloc\n");
	text = realloc(text, 200);
	return write(1, text, strlen(text)) == 11 ? 6 : 1;
}
