/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * blocks [SIZE [STATUS]]: makes blocks of each kind, says where they are ("KIND ADDRESS SIZE", a line each) and ends with
 * STATUS (default 0): small, of SIZE bytes (default 100); pool, of 1000; mapping, 16 pages of which 4 in the middle are
 * unmapped again; gone, one that was freed.
 */
#include <sys/mman.h>
#include "truth.h"

enum { PAGE = 4096 };

static void *volatile gone;

static char *make_block(size_t size)
{
	return malloc(size);
}

static void say(const char *kind, const void *block, size_t size)
{
	SAY("%s 0x%lx %zu\n", kind, (unsigned long)block, size);
}

int main(int argc, char **argv)
{
	size_t size = (size_t)truth_argument(argc, argv, 1, 100);
	char *mapping = mmap(NULL, 16 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	say("small", make_block(size), size);
	say("pool", make_block(1000), 1000);
	munmap(mapping + 4 * PAGE, 4 * PAGE);
	say("mapping", mapping, 12 * PAGE);
	gone = make_block(200);
	free(gone);
	say("gone", gone, 200);
	return (int)truth_argument(argc, argv, 2, 0);
}
