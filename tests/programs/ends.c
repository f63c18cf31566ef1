/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -Wno-infinite-recursion ldflags: -pthread */
/*
 * ends HOW [N]: makes N blocks (default 1001, an odd number that fills no buffer), writes its account, allocates no more, and ends:
 * return, exit, _exit, quick_exit, abort, segv, kill, term, thread (the main thread ends before another one), exit_thread
 * (another thread calls exit), stack (overflow).
 */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include "truth.h"

static int is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void *linger(void *argument)
{
	usleep(200000);
	_exit(argument ? 23 : 0);
}

static void *leave(void *argument)
{
	exit(argument ? 24 : 0);
}

static int overflow(volatile char *outer)
{
	volatile char here[1000];

	here[0] = outer[0];
	return overflow(here) + here[0];
}

static void thread(void *(*work)(void *))
{
	pthread_t id;

	pthread_create(&id, NULL, work, "");
	if (work == linger)
		pthread_exit(NULL);
	pthread_join(id, NULL);
}

int main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };
	const char *how = argc > 1 ? argv[1] : "return";
	long n = truth_argument(argc, argv, 2, 1001);

	setrlimit(RLIMIT_CORE, &none);
	for (long i = 0; i < n; i++) {
		void *block = MADE(10 + i % 100, malloc(10 + i % 100));

		if (i % 4 == 3)
			GONE(10 + i % 100, free(block));
	}
	truth_write(NULL);
	if (is(how, "exit"))
		exit(20);
	else if (is(how, "_exit"))
		_exit(21);
	else if (is(how, "quick_exit"))
		quick_exit(22);
	else if (is(how, "abort"))
		abort();
	else if (is(how, "segv"))
		*(volatile int *)8 = 1;
	else if (is(how, "kill"))
		kill(getpid(), SIGKILL);
	else if (is(how, "term"))
		kill(getpid(), SIGTERM);
	else if (is(how, "thread"))
		thread(linger);
	else if (is(how, "exit_thread"))
		thread(leave);
	else if (is(how, "stack"))
		return overflow("");
	return 19;
}
