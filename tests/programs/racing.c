/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * racing HOW [THREADS]: threads allocate and free as fast as they can, and keep on while the process ends by HOW: return, exit,
 * _exit, quick_exit, abort, kill, segv, exit_thread (one of them calls exit).
 *
 * Each thread counts its calls in the file $TRUTH, which is mapped, behind each call: so the file knows, however sudden the
 * end, all but perhaps the last call of each thread. It is 64-bit numbers: made and freed of each thread.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "truth.h"

enum { ENOUGH = 2000 };

struct count {
	volatile uint64_t made, freed;
};

static struct count *counts;
static const char *how = "return";

static int is(const char *name)
{
	return strcmp(how, name) == 0;
}

static void leave(void)
{
	if (is("exit") || is("exit_thread"))
		exit(31);
	if (is("_exit"))
		_exit(32);
	if (is("quick_exit"))
		quick_exit(33);
	if (is("abort"))
		abort();
	if (is("kill"))
		kill(getpid(), SIGKILL);
	if (is("segv"))
		*(volatile int *)8 = 1;
}

static void *run(void *count_)
{
	struct count *count = count_;

	for (long i = 0;; i++) {
		void *block = malloc(16 + i % 200);

		count->made++;
		free(block);
		count->freed++;
		if (i == 2 * ENOUGH && count == counts && is("exit_thread"))
			leave();
	}
	return NULL;
}

static void map_counts(long n)
{
	const char *file = getenv("TRUTH");
	int fd = open(file ? file : "racing.truth", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || ftruncate(fd, n * (off_t)sizeof *counts) < 0)
		_exit(99);
	counts = mmap(NULL, n * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (counts == MAP_FAILED)
		_exit(99);
}

int main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };
	long n = truth_argument(argc, argv, 2, 4);
	pthread_t id;

	how = argc > 1 ? argv[1] : how;
	setrlimit(RLIMIT_CORE, &none);
	map_counts(n);
	for (long i = 0; i < n; i++)
		pthread_create(&id, NULL, run, &counts[i]);
	for (long i = 0; i < n; i++)
		while (counts[i].made < ENOUGH)
			sched_yield();
	if (is("exit_thread"))
		pause();
	leave();
	return 34;
}
