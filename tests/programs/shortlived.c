/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/* shortlived [THREADS]: many threads that live briefly, one after the other and in pairs; each leaves a block for the next to free. */
#include <pthread.h>
#include "truth.h"

static void *left;

static void *work(void *argument)
{
	long size = (long)argument;

	for (int i = 0; i < 10; i++)
		GONE(32, free(MADE(32, malloc(32))));
	if (left)
		GONE(size - 1, free(left));
	left = MADE(size, malloc(size));
	return NULL;
}

static void *beside(void *argument)
{
	GONE(48, free(MADE(48, malloc(48))));
	return argument;
}

int main(int argc, char **argv)
{
	long threads = truth_argument(argc, argv, 1, 1000);

	for (long i = 1; i <= threads; i++) {
		pthread_t one, other;

		pthread_create(&one, NULL, work, (void *)i);
		pthread_join(one, NULL);
		pthread_create(&other, NULL, beside, NULL);
		pthread_join(other, NULL);
	}
	truth_write(NULL);
	return 0;
}
