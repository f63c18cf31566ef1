/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -pthread ldflags: -ldl */
/*
 * attached THREADS N [PLUGIN]: a program for memtrace attach. Its threads allocate all the time (churn.h); only when there is a file
 * `go` they do what this program accounts for, N blocks each, of which half are left; then it writes its account, makes a
 * file `done`, and churns on until there is a file `stop`. Ends with status 7. Without threads it sleeps all that time, and does its
 * N itself. PLUGIN is loaded between go and done. Makes a file `ready` at its beginning.
 */
#include <dlfcn.h>
#include <pthread.h>
#include "churn.h"
#include "truth.h"

enum { THREADS_MAX = 64, STEP_US = 2000 };

static int going, stopping;
static pthread_barrier_t barrier;
static long n_blocks;

static void make(const char *file)
{
	close(open(file, O_WRONLY | O_CREAT, 0666));
}

static void wait_for(const char *file)
{
	while (access(file, F_OK) < 0)
		usleep(STEP_US);
}

static void account_for(unsigned long seed)
{
	for (long i = 0; i < n_blocks; i++) {
		size_t size = 1 + (seed + (unsigned long)i) * 40503 % 5000, more = size + 100;
		char *block = MADE(size, malloc(size));

		if (i % 4 == 1)
			block = MOVED((long long)size, more, realloc(block, more)), size = more;
		if (i % 2 == 0)
			GONE((long long)size, free(block));
	}
}

static void *live(void *number)
{
	struct churn own = { .at = (unsigned long)number };

	while (!__atomic_load_n(&going, __ATOMIC_ACQUIRE))
		churn(&own);
	account_for((unsigned long)number);
	pthread_barrier_wait(&barrier);
	while (!__atomic_load_n(&stopping, __ATOMIC_ACQUIRE))
		churn(&own);
	churn_end(&own);
	return NULL;
}

int main(int argc, char **argv)
{
	long n_threads = truth_argument(argc, argv, 1, 0);
	pthread_t threads[THREADS_MAX];

	n_blocks = truth_argument(argc, argv, 2, 100);
	n_threads = n_threads < THREADS_MAX ? n_threads : THREADS_MAX;
	pthread_barrier_init(&barrier, NULL, (unsigned int)n_threads + 1);
	for (long i = 0; i < n_threads; i++)
		pthread_create(&threads[i], NULL, live, (void *)(i + 1));
	make("ready");
	wait_for("go");
	if (argc > 3 && !dlopen(argv[3], RTLD_NOW))
		return 98;
	if (n_threads == 0)
		account_for(0);
	__atomic_store_n(&going, 1, __ATOMIC_RELEASE);
	pthread_barrier_wait(&barrier);
	truth.peak = -1;
	truth_write(NULL);
	make("done");
	wait_for("stop");
	__atomic_store_n(&stopping, 1, __ATOMIC_RELEASE);
	for (long i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	return 7;
}
