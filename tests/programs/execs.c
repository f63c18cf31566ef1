/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/* execs N: makes N + 10 blocks, writes its account to $TRUTH.N, and becomes `execs N-1` until N is 0. */
#include "truth.h"

int main(int argc, char **argv)
{
	long n = truth_argument(argc, argv, 1, 2);
	char suffix[32], next[32];

	for (long i = 0; i < n + 10; i++) {
		void *block = MADE(100 + i, malloc(100 + i));

		if (i % 2)
			GONE(100 + i, free(block));
	}
	snprintf(suffix, sizeof suffix, ".%ld", n);
	truth_write(suffix);
	if (n == 0)
		return 5;
	snprintf(next, sizeof next, "%ld", n - 1);
	execl("/nowhere/at/all", "nothing", NULL); /* one that fails changes nothing */
	execl("/proc/self/exe", argv[0], next, NULL);
	return 99;
}
