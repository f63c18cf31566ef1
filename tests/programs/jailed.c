/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -O1 -fno-inline */
/*
 * jailed LEVELS: enters seccomp's strict mode, where no memory can be had any more, and makes a block from each of 2^LEVELS
 * distinct stacks, freeing it at once. Its account is written before, of what is going to be.
 */
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "truth.h"

enum { SIZE = 16 };

/* Two calls at each level: every way down is another stack. */
static void descend(long levels)
{
	if (levels == 0) {
		free(malloc(SIZE));
		return;
	}
	descend(levels - 1);
	__asm__ volatile("");
	descend(levels - 1);
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	long levels = truth_argument(argc, argv, 1, 10);

	GONE(SIZE, free(MADE(SIZE, malloc(SIZE))));
	truth.total_count += 1ll << levels;
	truth.total_size += (1ll << levels) * SIZE;
	truth_write(NULL);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		return 77;
	descend(levels);
	syscall(SYS_exit, 17);
}
