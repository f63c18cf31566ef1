/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -O1 -fno-inline ldflags: -pthread */
/*
 * scale LEVELS LIVE EVENTS [THREADS]: much of everything, the same every time. 2^LEVELS distinct stacks make a block each; others
 * fill up to LIVE blocks, which is the peak; random ones of those are freed and made anew, of the same size, until there have
 * been EVENTS allocations and releases; all but every fourth block go at the end. Each of THREADS (1) has a part of the blocks,
 * and all threads live until the last is done.
 */
#include <pthread.h>
#include <sys/mman.h>
#include "truth.h"

enum { STACK = 1 << 16 };

static void **blocks;
static size_t stacks, live, made, rounds;
static long threads;
static pthread_barrier_t done;

static size_t size_of(size_t index)
{
	return 8 + index % 7 * 8;
}

static void make(size_t index)
{
	blocks[index] = malloc(size_of(index));
	if (!blocks[index])
		_exit(3);
}

/* Two calls at each level: every way down is another stack. */
static void descend(int levels)
{
	if (levels == 0) {
		make(made++);
		return;
	}
	descend(levels - 1);
	__asm__ volatile("");
	descend(levels - 1);
	__asm__ volatile("");
}

/* Sums of its own, since counting beside each call would take longer than the call. */
static void *churn(void *argument)
{
	size_t part = (live - stacks) / (size_t)threads, first = stacks + (size_t)argument * part;
	size_t size = 0, n = rounds / (size_t)threads;
	uint64_t random = 88172645463325252u + (size_t)argument;

	for (size_t i = 0; i < n; i++) {
		size_t index;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		index = first + random % part;
		free(blocks[index]);
		make(index);
		size += size_of(index);
	}
	__atomic_add_fetch(&truth.total_count, n, __ATOMIC_RELAXED);
	__atomic_add_fetch(&truth.total_size, size, __ATOMIC_RELAXED);
	if (threads > 1)
		pthread_barrier_wait(&done);
	return NULL;
}

static void churn_all(void)
{
	pthread_attr_t attributes;
	pthread_t ids[1024];

	if (threads == 1) {
		churn(NULL);
		return;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	pthread_barrier_init(&done, NULL, (unsigned int)threads);
	for (long i = 0; i < threads; i++)
		if (pthread_create(&ids[i], &attributes, churn, (void *)i))
			_exit(4);
	for (long i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

int main(int argc, char **argv)
{
	int levels = (int)truth_argument(argc, argv, 1, 14);
	size_t events, bytes;

	live = (size_t)truth_argument(argc, argv, 2, 100000);
	events = (size_t)truth_argument(argc, argv, 3, 2000000);
	threads = truth_argument(argc, argv, 4, 1);
	stacks = (size_t)1 << levels;
	if (live < stacks + (size_t)threads || events < 2 * live || threads < 1 || threads > 1024)
		return 2;
	rounds = (events - live - (live - (live + 3) / 4)) / 2;
	bytes = live * sizeof *blocks;
	blocks = MADE(bytes, mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	descend(levels);
	while (made < live)
		make(made++);
	for (size_t i = 0; i < live; i++)
		truth_made(size_of(i));
	churn_all();
	for (size_t i = 0; i < live; i++)
		if (i % 4 != 0)
			GONE(size_of(i), free(blocks[i]));
	truth_write(NULL);
	return 0;
}
