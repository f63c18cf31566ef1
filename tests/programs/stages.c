/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -fno-plt ldflags: -pthread -Wl,-z,now */
/*
 * stages: allocates in each stage of a program's life: its resolvers, preinit_array, constructors, main, a thread and what it
 * leaves (thread-local destructors, keys), at_quick_exit's kin atexit and on_exit, destructors; each frees what another
 * has made. Writes its account at the very end.
 */
#include <pthread.h>
#include "truth.h"

enum { STAGES = 32 };

static void *made[STAGES];
static int n_made;
extern void *__dso_handle;
int __cxa_thread_atexit_impl(void (*function)(void *), void *argument, void *dso);

static void stage(void)
{
	made[n_made] = MADE(100 + n_made, malloc(100 + n_made));
	n_made++;
	GONE(24, free(MADE(24, calloc(2, 12))));
	if (n_made % 3 == 0)
		GONE(98 + n_made, free(made[n_made - 2]));
}

static int one(void)
{
	return 1;
}

static int (*choose(void))(void)
{
	stage();
	return one;
}
static int chosen(void) __attribute__((ifunc("choose")));
static int (*volatile pointer)(void) = chosen;

static void before(int argc, char **argv, char **environment)
{
	(void)argc, (void)argv, (void)environment;
	stage();
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) = before;

__attribute__((constructor(101))) static void early(void)
{
	stage();
}

__attribute__((constructor)) static void constructor(void)
{
	stage();
}

static void leave(void *value)
{
	stage();
	if (value != made)
		GONE(60, free(value));
}

static void on_end(int status, void *argument)
{
	(void)status, (void)argument;
	stage();
}

static void at_end(void)
{
	stage();
	atexit(stage);
}

static void *work(void *key)
{
	stage();
	__cxa_thread_atexit_impl(leave, made, &__dso_handle);
	pthread_setspecific(*(pthread_key_t *)key, MADE(60, malloc(60)));
	return NULL;
}

__attribute__((destructor)) static void destructor(void)
{
	stage();
}

__attribute__((destructor(101))) static void last(void)
{
	stage();
	SAY("%d stages\n", n_made);
	truth.peak = -1; /* libc's own blocks, for threads and handlers, are beside the account */
	truth_write(NULL);
}

int main(void)
{
	pthread_key_t key;
	pthread_t thread;

	stage();
	atexit(at_end);
	on_exit(on_end, NULL);
	__cxa_thread_atexit_impl(leave, made, &__dso_handle);
	pthread_key_create(&key, leave);
	pthread_create(&thread, NULL, work, &key);
	pthread_join(thread, NULL);
	return pointer() == 1 ? 12 : 1;
}
