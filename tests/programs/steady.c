/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * steady SECONDS [FILE [N]]: allocates and frees as fast as it can for so long, N blocks (1000) at a time, creates FILE after
 * its first events and ends early when somebody removes it, and prints "done" with status 9: a program that must go on whatever
 * becomes of memtrace.
 */
#include <time.h>
#include "truth.h"

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double end = now() + (double)truth_argument(argc, argv, 1, 1);
	static void *blocks[1000000];
	unsigned int at = 0, n = (unsigned int)truth_argument(argc, argv, 3, 1000);

	while (now() < end) {
		for (int i = 0; i < 1000; i++) {
			free(blocks[at % n]);
			blocks[at++ % n] = malloc(10 + i);
		}
		if (argc > 2 && at == n * 10)
			close(open(argv[2], O_WRONLY | O_CREAT, 0666));
		if (argc > 2 && at > n * 10 && access(argv[2], F_OK) < 0)
			break;
	}
	SAY("done\n");
	return 9;
}
