/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -Wno-unknown-warning-option -Wno-alloc-size-larger-than -Wno-use-after-free */
/*
 * forms: every form of the malloc family over alignments and sizes: that a block is aligned, zeroed where it should be, can be
 * written up to malloc_usable_size, keeps its bytes when it is moved, and that errno is left alone, or ENOMEM; every form of free.
 */
#include <dlfcn.h>
#include "truth.h"

static const size_t sizes[] = { 0, 1, 7, 8, 24, 25, 1000, 4096, 5000, 131071, 140000, 1 << 20 };
enum { SIZES = sizeof sizes / sizeof *sizes };
static int problems;

static void check(int good, const char *what, size_t size)
{
	if (!good)
		SAY("%s of %zu: wrong\n", what, size);
	problems += !good;
}

/* Whole and writable to its end, or its bytes are what they were. */
static void *used(const char *what, char *block, size_t size, size_t alignment)
{
	size_t usable = malloc_usable_size(block);

	check(block && (uintptr_t)block % alignment == 0 && usable >= size, what, size);
	check(errno == 77, "errno", size);
	memset(block, 0x5a, usable);
	return block;
}

static void make(size_t size)
{
	void *block = NULL;
	char *zeros;

	GONE(size, free(used("malloc", MADE(size, malloc(size)), size, 16)));
	zeros = MADE(size, calloc(size, 1));
	for (size_t i = 0; i < size; i++)
		if (zeros[i])
			check(0, "zeros", size), i = size;
	GONE(size, free(used("calloc", zeros, size, 16)));
	GONE(size, free(used("realloc", MADE(size, realloc(NULL, size)), size, 16)));
	GONE(size, free(used("valloc", MADE(size, valloc(size)), size, 4096)));
	GONE(size, free(used("pvalloc", MADE(size, pvalloc(size)), size, 4096)));
	for (size_t alignment = 16; alignment <= 1 << 16; alignment *= 4) {
		GONE(size, free(used("memalign", MADE(size, memalign(alignment, size)), size, alignment)));
		GONE(size, free(used("aligned_alloc", MADE(size, aligned_alloc(alignment, size)), size, alignment)));
		check(posix_memalign(&block, alignment, size) == 0, "posix_memalign", size);
		truth_made(size);
		GONE(size, free(used("posix_memalign", block, size, alignment)));
	}
}

/* From every size to every other: smaller, larger, in place or not. */
static void resize(void)
{
	size_t size = 10, last;
	char *block = MADE(10, malloc(10));

	memset(block, 0x33, size);
	for (int i = 0; i < SIZES * SIZES; i++) {
		last = size;
		size = sizes[i * 7 % SIZES] + sizes[i / SIZES] / 3 + 1;
		block = i % 2 ? MOVED(last, size, realloc(block, size)) : MOVED(last, size, reallocarray(block, size, 1));
		for (size_t k = 0; k < size && k < last; k++)
			if (block[k] != 0x33)
				check(0, "bytes", size), k = size;
		memset(block, 0x33, size);
	}
	check(errno == 77, "errno of realloc", size);
	GONE(size, check(!realloc(block, 0), "realloc to nothing", size));
}

static void failing(void)
{
	volatile size_t huge = SIZE_MAX / 2 + 1;
	void *block = MADE(10, malloc(10)), *none = (void *)5;

#define FAILS(call) (errno = 0, check(!(call) && errno == ENOMEM, #call, 0))
	FAILS(malloc(huge));
	FAILS(calloc(huge, 2));
	FAILS(calloc(1, huge));
	FAILS(realloc(NULL, huge));
	FAILS(realloc(block, huge));
	FAILS(reallocarray(block, huge, 2));
	FAILS(memalign(64, huge));
	FAILS(aligned_alloc(4096, huge));
	FAILS(valloc(huge));
	errno = 77;
	check(posix_memalign(&none, 64, huge) == ENOMEM && none == (void *)5 && posix_memalign(&none, 24, 1) == EINVAL, "posix_memalign", 0);
	check(malloc_usable_size(NULL) == 0, "usable size of nothing", 0);
	GONE(10, free(block));
}

/* Those that not every libc has; free does it there. */
static void frees(void)
{
	void (*sized)(void *, size_t) = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
	void (*aligned)(void *, size_t, size_t) = (void (*)(void *, size_t, size_t))dlsym(RTLD_DEFAULT, "free_aligned_sized");
	void (*old)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "cfree");
	void *next = dlsym(RTLD_NEXT, "malloc");
	void *block;

	block = MADE(40, malloc(40));
	GONE(40, sized ? sized(block, 40) : free(block));
	block = MADE(128, aligned_alloc(64, 128));
	GONE(128, aligned ? aligned(block, 64, 128) : free(block));
	block = MADE(41, calloc(1, 41));
	GONE(41, old ? old(block) : free(block));
	block = MADE(42, ((void *(*)(size_t))next)(42));
	GONE(42, free(block));
	free(NULL);
	sized ? sized(NULL, 0) : (void)0;
	aligned ? aligned(NULL, 8, 0) : (void)0;
	check(errno == 77, "errno of the frees", 0);
}

int main(void)
{
	dlerror();
	errno = 77;
	for (int i = 0; i < SIZES; i++)
		make(sizes[i]);
	resize();
	failing();
	errno = 77;
	frees();
	(void)MADE(33, malloc(33));
	SAY("%d problems\n", problems);
	truth_write(NULL);
	return problems != 0;
}
