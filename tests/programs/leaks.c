/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * leaks CASE [END]: blocks that can be reached or not, and how it ends. Prints what it knows of its own blocks, by memcheck's words:
 * "definite COUNT SIZE indirect …". END: return (default), exit, _exit, quick_exit, thread (exit of another thread), last
 * (main's thread ends before another one), abort; or wait: says so and goes on when standard input ends.
 */
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include "truth.h"

enum kind { DEFINITE, INDIRECT, POSSIBLE, REACHABLE, KINDS };
static struct { long count, size; } sums[KINDS];
static int said = 1; /* where it is told */

struct node {
	struct node *next;
	long more[3];
};

static void *volatile held, *volatile also_held;
static __thread void *volatile thread_held;
static pthread_barrier_t barrier;

/* A block of SIZE, all zeros, which will be found to be KIND. */
static __attribute__((noinline)) void *make(enum kind kind, size_t size)
{
	void *block = malloc(size);

	memset(block, 0, size);
	sums[kind].count++;
	sums[kind].size += (long)size;
	return block;
}

static __attribute__((noinline)) struct node *chain(enum kind first, enum kind rest, int length)
{
	struct node *head = NULL;

	for (int i = 0; i < length; i++) {
		struct node *node = make(i == length - 1 ? first : rest, sizeof *node);

		node->next = head;
		head = node;
	}
	return head;
}

/* What is left of pointers below on the stack. */
static __attribute__((noinline)) void scrub(void)
{
	volatile char bytes[1 << 15];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = 0;
}

static __attribute__((noinline)) void lost(void)
{
	for (int i = 0; i < 10; i++)
		make(DEFINITE, 100);
	make(DEFINITE, 0);
	make(DEFINITE, 300000);
	held = make(REACHABLE, 50);
	*(void **)held = make(REACHABLE, 400000);
	**(void ***)held = make(REACHABLE, 7);
	also_held = malloc(10);
	free(also_held);
}

static __attribute__((noinline)) void chains(void)
{
	chain(DEFINITE, INDIRECT, 5);
	held = chain(REACHABLE, REACHABLE, 7);
	also_held = (char *)chain(POSSIBLE, POSSIBLE, 3) + 1;
}

static __attribute__((noinline)) void rings(void)
{
	struct node *ring = chain(INDIRECT, INDIRECT, 4), *last = ring, *tail;

	/* Its first by address leads; all are of one size, so that is anyone. */
	while (last->next)
		last = last->next;
	last->next = ring;
	sums[INDIRECT].count--;
	sums[INDIRECT].size -= sizeof *ring;
	sums[DEFINITE].count++;
	sums[DEFINITE].size += sizeof *ring;
	/* One that holds itself; one that a chain leads to. */
	tail = chain(DEFINITE, INDIRECT, 1);
	tail->next = tail;
}

static __attribute__((noinline)) void middles(void)
{
	uint64_t *array;

	held = (char *)make(POSSIBLE, 64) + 24;
	array = make(REACHABLE, 8 + 5 * 24); /* what new[] gives */
	array[0] = 5;
	also_held = array + 1;
}

static void *in_thread(void *unused)
{
	struct node *volatile on_stack = chain(REACHABLE, REACHABLE, 2);

	(void)unused;
	thread_held = chain(REACHABLE, REACHABLE, 3);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return on_stack;
}

static void threads(void)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, in_thread, NULL);
	pthread_barrier_wait(&barrier);
	thread_held = make(REACHABLE, 33);
}

static void *ends_at_once(void *unused)
{
	(void)unused;
	thread_held = make(DEFINITE, 44);
	return NULL;
}

static void ended(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, ends_at_once, NULL);
	pthread_join(thread, NULL);
}

/* Its stack lies across a multiple of 64 MiB, where an arena of malloc's could begin: it goes below what was mapped last. */
static void crossing(void)
{
	const uintptr_t arena = 64 << 20, half = 4 << 20;
	char *last = mmap(NULL, arena, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t top = ((uintptr_t)last - half) / arena * arena + half;

	if (top < (uintptr_t)last)
		mmap(NULL, (uintptr_t)last - top, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ended();
}

static __attribute__((noinline)) void mapped(void)
{
	void **private = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void **shared = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void **protected = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void **gone = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	private[8000] = chain(REACHABLE, REACHABLE, 2);
	shared[7] = chain(REACHABLE, REACHABLE, 3);
	protected[5000] = chain(REACHABLE, REACHABLE, 4);
	mprotect(protected, 1 << 16, PROT_READ);
	gone[1] = chain(DEFINITE, INDIRECT, 2);
	munmap(gone, 1 << 16);
	/* A large one, whose mapping lies beside these. */
	make(DEFINITE, 1 << 20);
}

/* In a block of malloc, and in a mapping. */
static __attribute__((noinline)) void pools(void)
{
	char *in_heap = malloc(4096);
	char *in_mapping = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(in_heap, 0, 4096);
	for (int i = 0; i < 4; i++) {
		enum kind kind = i == 0 ? REACHABLE : i == 1 ? POSSIBLE : DEFINITE;

		memtrace_track(100, in_heap + i * 64, 64);
		memtrace_track(100, in_mapping + i * 64, 64);
		sums[kind].count += 2;
		sums[kind].size += 128;
	}
	held = in_heap;
	*(void **)in_heap = in_mapping;
	also_held = in_heap + 64 + 8;
	*(void **)(in_heap + 64 + 16) = in_mapping + 64;
	*(void **)(in_mapping + 128) = chain(INDIRECT, INDIRECT, 2);
	memtrace_name_domain(100, "pool");
}

static ucontext_t back, routine;

static void on_own_stack(void)
{
	struct node *volatile mine = chain(REACHABLE, REACHABLE, 2);

	swapcontext(&routine, &back);
	held = mine;
}

/* Its stack is a block, which is scanned whole while nobody stands on it. */
static __attribute__((noinline)) void routines(void)
{
	char *stack = make(REACHABLE, 1 << 16);

	getcontext(&routine);
	routine.uc_stack.ss_sp = also_held = stack;
	routine.uc_stack.ss_size = 1 << 16;
	routine.uc_link = &back;
	makecontext(&routine, on_own_stack, 0);
	swapcontext(&back, &routine);
}

static void clear(void)
{
	held = also_held = NULL;
}

/* Behind the exit nothing is held any more. */
static __attribute__((noinline)) void handlers(void)
{
	held = chain(REACHABLE, REACHABLE, 3);
	also_held = make(REACHABLE, 12);
	atexit(clear);
	at_quick_exit(clear);
}

static void tell(void)
{
	static const char *const names[KINDS] = { "definite", "indirect", "possible", "reachable" };

	for (int kind = 0; kind < KINDS; kind++)
		truth_say(said, "%s %ld %ld%s", names[kind], sums[kind].count, sums[kind].size, kind < KINDS - 1 ? " " : "\n");
}

/* What the parent's block holds is the child's. */
static void forks(void)
{
	void **before = make(REACHABLE, 64);

	held = before;
	memset(sums, 0, sizeof sums);
	if (fork() == 0) {
		before[3] = chain(REACHABLE, REACHABLE, 2);
		chain(DEFINITE, INDIRECT, 2);
		scrub();
		tell();
		exit(0);
	}
	wait(NULL);
	_exit(0);
}

static volatile int busy = 1;

static void *resizes(void *unused)
{
	struct node **array = NULL;
	size_t size = 64;

	(void)unused;
	pthread_barrier_wait(&barrier);
	for (unsigned int i = 0; busy; i++) {
		bool larger = i % 2;

		size = larger ? 300000 : 64;
		array = realloc(array, size * sizeof *array);
		if (i == 0) {
			memset(array, 0, size * sizeof *array);
			array[7] = malloc(40);
		}
	}
	return array;
}

/* All the time within a realloc, of what holds another. */
static void moving(void)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, resizes, NULL);
	pthread_barrier_wait(&barrier);
}

static const struct {
	const char *name;
	void (*body)(void);
} cases[] = { { "lost", lost }, { "chains", chains }, { "rings", rings }, { "middles", middles }, { "threads", threads },
	{ "ended", ended }, { "crossing", crossing }, { "mapped", mapped }, { "pools", pools }, { "routines", routines }, { "handlers", handlers },
	{ "forks", forks }, { "moving", moving } };

/* Deeper on the stack than what comes after it: scrub overwrites all of it. */
static __attribute__((noinline)) void run(void (*body)(void))
{
	volatile char room[4096];

	room[0] = 0;
	body();
	room[4095] = room[0];
}

static void *ends_all(void *unused)
{
	(void)unused;
	exit(0);
}

static void *ends_last(void *main_thread)
{
	pthread_join(*(pthread_t *)main_thread, NULL);
	return NULL;
}

static int end(const char *how)
{
	static pthread_t self;
	pthread_t thread;
	char byte;

	if (!strcmp(how, "exit"))
		exit(0);
	if (!strcmp(how, "_exit"))
		_exit(0);
	if (!strcmp(how, "quick_exit"))
		quick_exit(0);
	if (!strcmp(how, "abort"))
		abort();
	self = pthread_self();
	if (!strcmp(how, "thread") && pthread_create(&thread, NULL, ends_all, NULL) == 0)
		pause();
	if (!strcmp(how, "last") && pthread_create(&thread, NULL, ends_last, &self) == 0)
		pthread_exit(NULL);
	if (!strcmp(how, "wait"))
		while (read(0, &byte, 1) > 0)
			;
	busy = 0;
	return 0;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases && argc > 1; i++)
		if (!strcmp(cases[i].name, argv[1]))
			run(cases[i].body);
	scrub();
	tell();
	return end(argc > 2 ? argv[2] : "return");
}
