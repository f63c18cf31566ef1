/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/* deep DEPTH: one block of 100 bytes, made DEPTH calls below main. */
#include "truth.h"

static void *volatile block;

static int down(long depth)
{
	if (depth > 0)
		return down(depth - 1) + 1;
	block = MADE(100, malloc(100));
	return 0;
}

int main(int argc, char **argv)
{
	long depth = truth_argument(argc, argv, 1, 10);

	if (down(depth - 1) != depth - 1)
		return 1;
	truth_write(NULL);
	return 0;
}
