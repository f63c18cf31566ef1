/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of blocks, with its own account of it: temporary ones, of one thread, and of two whose turns are exactly
 * told by a barrier; chains of growth by realloc; blocks of several sizes by one line. The account is in the words of
 * info's "life"; how many reallocs moved their block is what the addresses say.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "truth.h"

enum { ALONE = 100, TURNS = 50, STEPS = 40, SIZES = 7 };

static long temporary_size, temporary_count, grown, moved_size, moved_count;
static pthread_barrier_t barrier;
static void *shared;

__attribute__((noinline)) static void *take(size_t size)
{
	void *block = malloc(size);

	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static void temporary(size_t size)
{
	temporary_size += (long)size;
	temporary_count++;
}

static void alone(void)
{
	for (int i = 0; i < ALONE; i++) {
		void *kept = take(24), *gone = take(16);

		free(gone);     /* the last one */
		temporary(16);
		free(kept);     /* not the last one */
	}
}

/* One allocates, the other one frees; every second time the first has allocated something else before that. */
static void *other(void *unused)
{
	for (int i = 0; i < TURNS; i++) {
		pthread_barrier_wait(&barrier);
		free(shared);
		pthread_barrier_wait(&barrier);
	}
	return unused;
}

static void together(void)
{
	pthread_t thread;
	void *second;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, other, NULL))
		exit(1);
	for (int i = 0; i < TURNS; i++) {
		shared = take(48);
		second = i % 2 ? take(32) : NULL;
		if (!second)
			temporary(48);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		if (second) {
			free(second); /* still the last one of its thread */
			temporary(32);
		}
	}
	pthread_join(thread, NULL);
}

static void chain(void)
{
	size_t size = 16, next;
	void *block = take(size);

	for (int i = 0; i < STEPS; i++, size = next) {
		uintptr_t before = (uintptr_t)block;

		next = i % 8 == 7 ? size / 2 : size + 100;
		block = realloc(block, next);
		__asm__ volatile("" : : "r"(block) : "memory");
		grown += next > size;
		moved_count += (uintptr_t)block != before;
		moved_size += (uintptr_t)block != before ? (long)(next < size ? next : size) : 0;
	}
	if (realloc(block, 0)) /* a free, and the last one's */
		exit(1);
	temporary(size);
	free(take(8)); /* no growth of that */
	temporary(8);
}

/* 1 of 1 B, 2 of 2 to 3 B … by one line; every other one stays. */
static void sizes(void)
{
	for (size_t i = 0; i < SIZES; i++)
		for (size_t k = 0; k <= i; k++) {
			void *block = take(((size_t)1 << i) + k * (i > 2));

			if (k % 2) {
				temporary(((size_t)1 << i) + k * (i > 2));
				free(block);
			}
		}
}

int main(void)
{
	alone();
	together();
	chain();
	sizes();
	SAY("{\"temporary_size\": %ld, \"temporary_count\": %ld, \"moved_size\": %ld, \"moved_count\": %ld, \"grown_count\": %ld}\n",
		temporary_size, temporary_count, moved_size, moved_count, grown);
	return 0;
}
