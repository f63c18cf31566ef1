/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that allocate without end, beside a program's account: all that is asked for here is asked for by this file. They run
 * until they are stopped, cancelled, or end with the process. With libc's malloc they also grow and move their blocks; with
 * maps alone they may be cut off anywhere.
 */
#ifndef BUSY_H
#define BUSY_H

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include "truth.h"

enum { BUSY_MOST = 16 };

static struct {
	pthread_t ids[BUSY_MOST];
	int n;
	volatile int stop;
	long rounds; /* of all of them */
} busy;

static inline void busy_malloc(long round)
{
	char *block = malloc(10 + round % 3000);

	block = realloc(block, 5000 + round % 200);
	free(calloc(3, 100 + round % 17));
	free(block);
}

/* Of sizes that a thread has to itself once it has made some, so without libc's locks. */
static inline void busy_small(void)
{
	for (int i = 0; i < 20; i++)
		free(malloc(40 + i % 4));
}

static inline void busy_map(void)
{
	munmap(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
}

static inline void *busy_work(void *maps)
{
	for (long round = 0; !busy.stop; round++) {
		if (maps)
			busy_map();
		else
			busy_malloc(round);
		__atomic_add_fetch(&busy.rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Returns when all of them are at work. */
static inline void busy_start(int n, int maps)
{
	busy.stop = 0;
	for (busy.n = 0; busy.n < n; busy.n++)
		if (pthread_create(&busy.ids[busy.n], NULL, busy_work, maps ? "" : NULL))
			_exit(98);
	for (long before = busy.rounds; __atomic_load_n(&busy.rounds, __ATOMIC_RELAXED) < before + 100 * n;)
		sched_yield();
}

static inline void busy_stop(void)
{
	busy.stop = 1;
	for (int i = 0; i < busy.n; i++)
		pthread_join(busy.ids[i], NULL);
}

#endif
