/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * A program that brings its own malloc in its executable: the first in symbol order, so no preload can take its place. Its
 * blocks lie in a mapping that it makes in the midst of a malloc. HIDDEN: as allocators are linked that export nothing.
 */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef HIDDEN
#define MINE __attribute__((visibility("hidden")))
#else
#define MINE
#endif

enum { ARENA = 1 << 20 };
static char *arena;
static size_t used;

MINE void *malloc(size_t size)
{
	size_t at = __atomic_fetch_add(&used, (size + 31) & ~15ul, __ATOMIC_RELAXED);

	if (!arena)
		arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(size_t *)(arena + at) = size;
	return arena + at + 16;
}

MINE void free(void *block)
{
	(void)block;
}

MINE void *calloc(size_t count, size_t size)
{
	return malloc(count * size);
}

MINE void *realloc(void *old, size_t size)
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
