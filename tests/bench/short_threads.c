/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many threads, each short: what a tracer sets up for a thread is paid for each.
 *
 *   short_threads THREADS ALLOCATIONS AT_ONCE
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { AT_ONCE_MAX = 64 };
static long allocations;

static void *run(void *argument)
{
	for (long i = 0; i < allocations; i++) {
		char *volatile block = malloc(16 + (size_t)i % 16 * 8);

		free(block);
	}
	return argument;
}

int main(int argc, char **argv)
{
	pthread_t ids[AT_ONCE_MAX];
	long threads = argc > 3 ? atol(argv[1]) : 0, at_once = argc > 3 ? atol(argv[3]) : 0;

	if (threads < 1 || at_once < 1 || at_once > AT_ONCE_MAX) {
		fprintf(stderr, "usage: short_threads THREADS ALLOCATIONS AT_ONCE\n");
		return 2;
	}
	allocations = atol(argv[2]);
	for (long done = 0; done < threads; done += at_once) {
		for (long i = 0; i < at_once; i++)
			if (pthread_create(&ids[i], NULL, run, NULL) != 0)
				return 1;
		for (long i = 0; i < at_once; i++)
			pthread_join(ids[i], NULL);
	}
	return 0;
}
