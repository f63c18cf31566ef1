/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * named: threads that give themselves names, by pthread_setname_np, by prctl, twice, too long a one, with bytes that are no text,
 * one that has none, and one that is given its name by another before it does anything; each allocates before and after. Ends at once, so that nobody can look the names up.
 */
#include <pthread.h>
#include <sys/prctl.h>
#include "truth.h"

static void check(int holds, int line)
{
	if (!holds || errno != 4242)
		SAY("line %d: errno %d\n", line, errno);
}
#define HOLDS(condition) (errno = 4242, check((condition), __LINE__))

static void *by_pthread(void *size)
{
	(void)!malloc(1);
	HOLDS(pthread_setname_np(pthread_self(), "first") == 0);
	HOLDS(pthread_setname_np(pthread_self(), "worker") == 0);
	HOLDS(pthread_setname_np(pthread_self(), "far too long for a name") == ERANGE);
	return malloc((size_t)size);
}

static void *by_prctl(void *size)
{
	HOLDS(prctl(PR_SET_NAME, "a b\xff:\n, cut here", 0, 0, 0) == 0);
	return malloc((size_t)size);
}

static void *nameless(void *size)
{
	return malloc((size_t)size);
}

static pthread_barrier_t named;

static void *by_another(void *size)
{
	pthread_barrier_wait(&named);
	return malloc((size_t)size);
}

static void name_another(void)
{
	pthread_t thread;

	pthread_barrier_init(&named, NULL, 2);
	pthread_create(&thread, NULL, by_another, (void *)5000);
	HOLDS(pthread_setname_np(thread, "far too long for a name") == ERANGE);
	HOLDS(pthread_setname_np(thread, "servant") == 0);
	pthread_barrier_wait(&named);
	pthread_join(thread, NULL);
}

int main(void)
{
	void *(*const all[])(void *) = { by_pthread, by_prctl, nameless };
	pthread_t threads[3];

	for (size_t i = 0; i < 3; i++) {
		pthread_create(&threads[i], NULL, all[i], (void *)(1000 * (i + 1)));
		pthread_join(threads[i], NULL);
	}
	name_another();
	HOLDS(prctl(PR_SET_NAME, "chief", 0, 0, 0) == 0);
	(void)!malloc(4000);
	_exit(3);
}
