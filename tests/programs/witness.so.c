/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -ldl */
/*
 * Another library that is preloaded to watch malloc: it counts calls, allocates in the midst of some of them, by stdio, and says
 * at the end on stderr how many it has seen. What it sees must not depend on memtrace.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EVERY = 100 };

static void *(*next_malloc)(size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);
static long mallocs, reallocs, frees;
static __thread int busy;

__attribute__((constructor)) static void find(void)
{
	next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	next_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	next_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
}

static void note(long *count)
{
	FILE *file;

	if (busy || __atomic_add_fetch(count, 1, __ATOMIC_RELAXED) % EVERY != 0)
		return;
	busy = 1;
	file = fopen("/dev/null", "w");
	if (file) {
		fprintf(file, "%ld\n", *count);
		fclose(file);
	}
	busy = 0;
}

void *malloc(size_t size)
{
	if (!next_malloc)
		find();
	note(&mallocs);
	return next_malloc(size);
}

void *realloc(void *block, size_t size)
{
	if (!next_realloc)
		find();
	note(&reallocs);
	return next_realloc(block, size);
}

void free(void *block)
{
	if (!next_free)
		find();
	note(&frees);
	next_free(block);
}

__attribute__((destructor)) static void say(void)
{
	char text[200];
	int size = snprintf(text, sizeof text, "witness: %ld %ld %ld\n", mallocs, reallocs, frees);

	if (write(2, text, (size_t)size) < 0)
		return; /* memtrace, too, is watched, and closes its streams before this */
}
