/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -O2 */
/*
 * An own malloc in the source file of its callers, which a compiler knows through and through: it keeps values in registers that a
 * call may change, but that this malloc does not (gcc's -fipa-ra). Whoever stands before malloc must not change them either.
 */
#include "truth.h"

static char pool[1 << 20] __attribute__((aligned(16)));
static size_t used;

__attribute__((noinline)) void *malloc(size_t size)
{
	void *at = pool + used;

	used += (size + 15) & ~15ul;
	return at;
}

__attribute__((noinline)) void free(void *at)
{
	*(volatile char *)&pool[sizeof pool - 1] = at != NULL;
}

void *calloc(size_t n, size_t size)
{
	return malloc(n * size);
}

void *realloc(void *old, size_t size)
{
	char *at = malloc(size);

	for (size_t i = 0; old && i < size; i++)
		at[i] = ((volatile char *)old)[i];
	return at;
}

/* More values at a time than there are registers to keep over a call. */
static __attribute__((noinline)) unsigned long sum(unsigned long n)
{
	unsigned long a = n, b = n * 3, c = n * 5, d = n * 7, e = n * 11, f = n * 13, g = n * 17, h = n * 19, i = n * 23;
	double x = (double)n, y = x * 1.5, z = x * 2.5;

	for (unsigned long k = 0; k < 100; k++) {
		char *block = MADE(100, malloc(100));

		*block = (char)k;
		a += b, b += c, c += d, d += e, e += f, f += g, g += h, h += i, i += (unsigned long)*block;
		x += y, y += z, z += (double)*block;
		GONE(100, free(block));
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ (unsigned long)x ^ (unsigned long)y ^ (unsigned long)z;
}

int main(int argc, char **argv)
{
	(void)argv;
	SAY("%lu\n", sum((unsigned long)argc));
	truth_write(NULL);
	return 4;
}
