/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -Lbuild/tests -lresolver -Wl,-rpath,$ORIGIN */
/* Needs libresolver, which allocates before anybody could look. */
#include "truth.h"

struct truth resolver_account(int *status);

int main(void)
{
	int status;

	truth = resolver_account(&status);
	(void)MADE(77, malloc(77));
	truth.peak = -1; /* in the resolver's time, blocks that have gone are known to have been there, but not when */
	truth_write(NULL);
	return status;
}
