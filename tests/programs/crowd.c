/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * crowd HOW: threads that come and go in every way.
 *
 *	many      500, half of them detached; each frees what another has made, and leaves something by a hundred keys
 *	list      12 that share one list of blocks
 *	leave     the main thread ends first, the last of the others writes the account
 *	cancel    60 that are cancelled where they ask for it, and free what they have on their way out
 *	async     60 that are cancelled in the middle of whatever they do: of malloc (of sizes that a thread has to itself) or mmap
 *	clone     clone(2) by hand, in our memory: one that we wait for, one that we stand still for, a thread without a struct of libc's
 */
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "busy.h"

enum { MANY = 500, KEYS = 100, SHARING = 12, CANCELLED = 60 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *left[MANY];
static pthread_key_t keys[KEYS];
static int ended, n_cancelled;

static void some(long n)
{
	for (long i = 1; i <= n; i++) {
		void *block = MADE(i, malloc(i));

		block = MOVED(i, 2 * i, realloc(block, 2 * i));
		if (i % 3)
			GONE(2 * i, free(block));
	}
}

/* All that was said has been done. */
static void wait_until(const int *counter, int n)
{
	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < n)
		sched_yield();
}

static void key_gone(void *value)
{
	GONE(16, free(value));
	some(2);
}

static void *pass(void *argument)
{
	long me = (long)argument, other = me ^ 1;
	void *block = MADE(100 + me, malloc(100 + me));

	for (int i = 0; i < KEYS && me % 10 == 0; i++)
		pthread_setspecific(keys[i], MADE(16, malloc(16)));
	block = __atomic_exchange_n(&left[me / 2 * 2], block, __ATOMIC_ACQ_REL);
	if (block)
		GONE(100 + other, free(block));
	__atomic_add_fetch(&ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void many(void)
{
	pthread_t threads[MANY];

	for (int i = 0; i < KEYS; i++)
		pthread_key_create(&keys[i], key_gone);
	for (long i = 0; i < MANY; i++) {
		pthread_create(&threads[i], NULL, pass, (void *)i);
		if (i % 2)
			pthread_detach(threads[i]);
		else if (i % 50 == 0)
			wait_until(&ended, (int)i);
	}
	for (long i = 0; i < MANY; i += 2)
		pthread_join(threads[i], NULL);
	wait_until(&ended, MANY);
}

static struct link {
	struct link *next;
	size_t size;
} *list;

static void *share(void *argument)
{
	unsigned int seed = (unsigned int)(long)argument + 1;

	for (int i = 0; i < 2000; i++) {
		size_t size = sizeof(struct link) + (size_t)rand_r(&seed) % 300;
		struct link *link = MADE(size, malloc(size)), *taken;

		pthread_mutex_lock(&lock);
		link->size = size;
		link->next = list;
		list = link;
		taken = rand_r(&seed) % 8 ? list->next : NULL;
		if (taken)
			list->next = taken->next;
		pthread_mutex_unlock(&lock);
		if (taken)
			GONE(taken->size, free(taken));
	}
	return NULL;
}

static void sharing(void)
{
	pthread_t threads[SHARING];

	for (long i = 0; i < SHARING; i++)
		pthread_create(&threads[i], NULL, share, (void *)i);
	for (long i = 0; i < SHARING; i++)
		pthread_join(threads[i], NULL);
}

/* libc's blocks for threads, and those that are cut off, are beside the account. */
static void account(void)
{
	truth.peak = -1;
	truth_write(NULL);
}

static void *outlive(void *argument)
{
	pthread_join(*(pthread_t *)argument, NULL);
	some(100);
	SAY("the main thread has ended\n");
	account();
	return NULL;
}

static void leave(void)
{
	static pthread_t self;
	pthread_t other;

	self = pthread_self();
	some(10);
	pthread_create(&other, NULL, outlive, &self);
	pthread_exit(NULL);
}

static void clean_up(void *block)
{
	GONE(70, free(block));
	some(3);
}

static void *ask(void *argument)
{
	void *block = MADE(70, malloc(70));

	pthread_cleanup_push(clean_up, block);
	__atomic_add_fetch(&ended, 1, __ATOMIC_RELEASE);
	for (;;) {
		some(5);
		pthread_testcancel();
	}
	pthread_cleanup_pop(0);
	return argument;
}

static void *never_ask(void *maps)
{
	busy_small();
	__atomic_add_fetch(&ended, 1, __ATOMIC_RELEASE);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (;;)
		if (maps)
			busy_map();
		else
			busy_small();
	return NULL;
}

static void cancel(void *(*work)(void *))
{
	for (int i = 0; i < CANCELLED; i++) {
		pthread_t thread;
		void *result;

		pthread_create(&thread, NULL, work, i % 2 ? "" : NULL);
		wait_until(&ended, i + 1);
		for (int k = 0; k < i % 20; k++)
			some(1);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		n_cancelled += result == PTHREAD_CANCELED;
	}
	some(20);
	SAY("%d cancelled\n", n_cancelled);
}

static int in_our_memory(void *argument)
{
	some((long)argument);
	return 0;
}

static void clones(void)
{
	static char stacks[3][1 << 16] __attribute__((aligned(16)));
	static int done = 1;
	const int thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	int status;
	pid_t pid;

	pid = clone(in_our_memory, stacks[1], CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, (void *)200);
	if (waitpid(pid, &status, 0) != pid || status)
		_exit(97);
	some(7);
	pid = clone(in_our_memory, stacks[2], CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)201);
	if (waitpid(pid, &status, 0) != pid || status)
		_exit(96);
	some(8);
	if (clone(in_our_memory, stacks[2] + sizeof stacks[2], thread | CLONE_CHILD_CLEARTID, (void *)202, NULL, NULL, &done) < 0)
		_exit(95);
	while (__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &done, FUTEX_WAIT, 1, NULL, NULL, 0);
	some(9);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (!strcmp(how, "many"))
		many();
	else if (!strcmp(how, "list"))
		sharing();
	else if (!strcmp(how, "leave"))
		leave();
	else if (!strcmp(how, "cancel"))
		cancel(ask);
	else if (!strcmp(how, "async"))
		cancel(never_ask);
	else if (!strcmp(how, "clone"))
		clones();
	account();
	return 6;
}
