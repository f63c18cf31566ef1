/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * threads [ROUNDS [THREADS]]: threads pass blocks round in a ring, so that nearly every free is another thread's. Then
 * all make large blocks and meet at a barrier, which is the peak, and each frees its neighbour's. Some blocks stay.
 */
#include <pthread.h>
#include "truth.h"

enum { MOST = 64, PLACES = 256, LARGE = 50, LARGE_SIZE = 200000 };

static struct inbox {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t *blocks[PLACES];
	unsigned int in, out;
} inboxes[MOST];
static void *large[MOST][LARGE];
static long rounds, threads;
static pthread_barrier_t meeting;

static void put(struct inbox *inbox, size_t *block)
{
	pthread_mutex_lock(&inbox->lock);
	while (inbox->in - inbox->out == PLACES)
		pthread_cond_wait(&inbox->changed, &inbox->lock);
	inbox->blocks[inbox->in++ % PLACES] = block;
	pthread_cond_broadcast(&inbox->changed);
	pthread_mutex_unlock(&inbox->lock);
}

static size_t *take(struct inbox *inbox)
{
	size_t *block;

	pthread_mutex_lock(&inbox->lock);
	while (inbox->in == inbox->out)
		pthread_cond_wait(&inbox->changed, &inbox->lock);
	block = inbox->blocks[inbox->out++ % PLACES];
	pthread_cond_broadcast(&inbox->changed);
	pthread_mutex_unlock(&inbox->lock);
	return block;
}

static void *work(void *argument)
{
	long me = (long)argument, next = (me + 1) % threads;
	unsigned int seed = (unsigned int)me + 1;

	for (long i = 0; i < rounds; i++) {
		size_t size = sizeof(size_t) + (size_t)rand_r(&seed) % 500;
		size_t *block = MADE(size, malloc(size));

		*block = size;
		put(&inboxes[next], block);
		block = take(&inboxes[me]);
		if (i % 1000 == 0) {
			size = *block;
			block = MOVED(size, 1000, realloc(block, 1000));
			*block = 1000;
		}
		if (i % 100 != 0)
			GONE(*block, free(block));
	}
	pthread_barrier_wait(&meeting);
	for (int i = 0; i < LARGE; i++)
		large[me][i] = MADE(LARGE_SIZE, malloc(LARGE_SIZE));
	pthread_barrier_wait(&meeting);
	for (int i = 0; i < LARGE; i++)
		GONE(LARGE_SIZE, free(large[next][i]));
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t ids[MOST];

	rounds = truth_argument(argc, argv, 1, 20000);
	threads = truth_argument(argc, argv, 2, 8);
	if (threads > MOST)
		return 2;
	pthread_barrier_init(&meeting, NULL, (unsigned int)threads);
	for (long i = 0; i < threads; i++) {
		pthread_mutex_init(&inboxes[i].lock, NULL);
		pthread_cond_init(&inboxes[i].changed, NULL);
	}
	for (long i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, work, (void *)i);
	for (long i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	truth_write(NULL);
	return 0;
}
