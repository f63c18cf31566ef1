/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -Wno-unknown-warning-option -Wno-alloc-size-larger-than -Wno-use-after-free */
/* Requests of nothing, of too much and of nonsense. Prints what each gave and errno, which must be the same untraced. */
#include <sys/mman.h>
#include "truth.h"

static volatile size_t huge = SIZE_MAX;

static void say(const char *what, const void *block)
{
	SAY("%s: %s, errno %d\n", what, block ? "a block" : "NULL", errno);
	errno = 0;
}

int main(void)
{
	void *block, *kept;
	int status;

	errno = 0;
	say("malloc(0)", kept = MADE(0, malloc(0)));
	GONE(0, free(kept));
	free(NULL);
	say("free(NULL)", NULL);
	say("malloc(SIZE_MAX)", MADE(huge, malloc(huge)));
	say("malloc(PTRDIFF_MAX + 1)", MADE(huge, malloc(huge / 2 + 1)));
	say("calloc that overflows", MADE(1, calloc(huge / 2, 3)));
	say("reallocarray that overflows", MADE(1, reallocarray(NULL, huge / 2, 3)));
	block = MADE(100, malloc(100));
	say("realloc that fails", MOVED(100, huge, realloc(block, huge)));
	say("reallocarray that fails", MOVED(100, huge, reallocarray(block, huge, 2)));
	say("the block after it", block);
	say("realloc(p, 0)", realloc(block, 0));
	truth_gone(100);
	say("realloc(NULL, 0)", MADE(0, realloc(NULL, 0)));
	say("aligned_alloc of too much", MADE(huge, aligned_alloc(64, huge - 63)));
	say("memalign of too much", MADE(huge, memalign(64, huge)));
	say("pvalloc of too much", MADE(huge, pvalloc(huge)));
	status = posix_memalign(&kept, 3, 10);
	SAY("posix_memalign(3): %d, errno %d\n", status, errno);
	status = posix_memalign(&kept, 64, huge);
	SAY("posix_memalign of too much: %d, errno %d\n", status, errno);
	errno = 0;
	block = mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say("mmap(0)", block == MAP_FAILED ? NULL : block);
	block = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0);
	say("mmap of no file", block == MAP_FAILED ? NULL : block);
	status = munmap((void *)1, 4096);
	SAY("munmap(1): %d, errno %d\n", status, errno);
	errno = 0;
	block = mremap((void *)4096, 4096, 8192, 0);
	say("mremap of nothing", block == MAP_FAILED ? NULL : block);
	block = sbrk(INTPTR_MAX);
	say("sbrk of too much", block == (void *)-1 ? NULL : block);
	errno = 77;
	GONE(10, free(MADE(10, malloc(10))));
	SAY("errno after a good pair: %d\n", errno);
	errno = 0;
	block = MADE(5ull << 30, malloc(5ull << 30));
	say("malloc(5 GiB)", block);
	if (block)
		GONE(5ull << 30, free(block));
	truth_write(NULL);
	return 0;
}
