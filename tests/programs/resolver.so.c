/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -fno-plt ldflags: -Wl,-z,now */
/*
 * A library whose function is chosen by a resolver that allocates. The loader asks it while it relocates this library, at a
 * time when what was loaded before it, such as a preloaded library, is not relocated yet.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "truth.h"

static void *kept;
static size_t usable;
static int bad;

static int one(void)
{
	return 1;
}

static void ask(void)
{
	char *block = MADE(15, calloc(3, 5));

	for (int i = 0; i < 15; i++)
		bad |= block[i];
	block[14] = 7;
	block = MOVED(15, 1000, realloc(block, 1000));
	bad |= block[14] != 7;
	block = MOVED(1000, 2000, reallocarray(block, 20, 100));
	bad |= block[14] != 7;
	GONE(2000, block = realloc(block, 0));
	bad |= block != NULL;
	kept = MADE(100, malloc(100));
	usable = malloc_usable_size(kept);
	(void)MADE(5, memalign(64, 5));
	GONE(64, free(MADE(64, aligned_alloc(64, 64))));
	GONE(0, free(MADE(0, malloc(0))));
	free(NULL);
	bad |= syscall(SYS_getpid) <= 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1 || prctl(-1, 0, 0, 0, 0) != -1;
	bad |= mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static int (*choose(void))(void)
{
	if (!kept)
		ask();
	return one;
}

int resolver_chosen(void) __attribute__((ifunc("choose")));
int (*volatile resolver_pointer)(void) = resolver_chosen;

/* The account so far; what is kept is moved, and freed. */
struct truth resolver_account(int *status)
{
	bad |= usable < 100 || resolver_pointer() != 1;
	memset(kept, 9, 100);
	kept = MOVED(100, 300, realloc(kept, 300));
	bad |= ((char *)kept)[99] != 9 || malloc_usable_size(kept) < 300;
	GONE(300, free(kept));
	*status = bad;
	return truth;
}
