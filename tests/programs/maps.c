/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * Ranges: whole, trimmed at both ends, split, covered by MAP_FIXED, moved and resized by mremap, and the break up and
 * down. A trim takes bytes and no block, so the account is held in bytes; at the end everything but one is gone.
 */
#include <sys/mman.h>
#include "truth.h"

enum { PAGE = 4096 };

static char *map(size_t size)
{
	return MADE(size, mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void trim(void *addr, size_t size)
{
	if (munmap(addr, size))
		_exit(1);
	truth.current -= size;
}

int main(void)
{
	char *a = map(10 * PAGE), *b, *c;

	trim(a, PAGE);                   /* at its start */
	trim(a + 9 * PAGE, PAGE);        /* at its end */
	trim(a + 4 * PAGE, 2 * PAGE);    /* in its middle: two pieces */
	b = MADE(PAGE, mmap(a + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	truth.current -= PAGE;           /* covered */
	if (b != a + 2 * PAGE)
		return 2;
	trim(a, 10 * PAGE);              /* over everything, holes and all */
	truth.current += 4 * PAGE;       /* of the ten only six were there */
	truth.current_count -= 2;

	c = map(PAGE);
	truth_gone(PAGE);
	c = mremap(c, PAGE, 50 * PAGE, MREMAP_MAYMOVE);
	truth_made(50 * PAGE);
	truth_gone(50 * PAGE);
	c = mremap(c, 50 * PAGE, 3 * PAGE, 0);
	truth_made(3 * PAGE);
	if (mremap(c, 3 * PAGE, 1ull << 60, MREMAP_MAYMOVE) != MAP_FAILED || munmap(c + 1, PAGE) == 0)
		return 3;                /* what fails changes nothing */

	if (MADE(10000, sbrk(10000)) == (void *)-1)
		return 4;
	sbrk(-4000);
	truth.current -= 4000;
	if (brk((char *)sbrk(0) - 6000))
		return 5;
	truth_gone(6000);
	truth_write(NULL);
	return 0;
}
