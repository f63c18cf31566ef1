/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * signals [SECONDS]: a timer's handler maps and unmaps (which is safe in a handler, as malloc is not) while the main program
 * allocates as fast as it can, so that it interrupts every place of it and of memtrace's own; another handler, raised
 * at safe points, calls malloc.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include "truth.h"

static volatile sig_atomic_t ticks;

static void on_timer(int signal)
{
	int saved = errno;
	void *map;

	(void)signal;
	ticks++;
	map = MADE(8192, mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	if (ticks % 16)
		GONE(8192, munmap(map, 8192));
	errno = saved;
}

static void on_user(int signal)
{
	(void)signal;
	GONE(99, free(MADE(99, malloc(99))));
}

int main(int argc, char **argv)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { { 0, 0 }, { 0, 0 } };
	time_t end = time(NULL) + truth_argument(argc, argv, 1, 1);
	long pairs = 0;

	signal(SIGALRM, on_timer);
	signal(SIGUSR1, on_user);
	setitimer(ITIMER_REAL, &often, NULL);
	do {
		for (int i = 0; i < 1000; i++, pairs++)
			GONE(16 + i, free(MADE(16 + i, malloc(16 + i))));
		raise(SIGUSR1);
	} while (time(NULL) <= end || ticks < 100);
	setitimer(ITIMER_REAL, &never, NULL);
	truth.peak = -1; /* handlers interrupt the account between a call and its count: only sums are exact here */
	truth_write(NULL);
	return 0;
}
