/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -Wno-infinite-recursion -Wno-use-after-free -Wno-free-nonheap-object ldflags: -pthread */
/*
 * ends HOW [N]: makes N blocks (default 1001, an odd number that fills no buffer), writes its account, allocates no more, and
 * ends as the table below says, or by signal NUMBER where HOW is -NUMBER. What ends in handlers writes its account in the
 * last of them.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "truth.h"

static void some(long n)
{
	for (long i = 0; i < n; i++) {
		void *block = MADE(10 + i % 100, malloc(10 + i % 100));

		if (i % 4 == 3)
			GONE(10 + i % 100, free(block));
	}
}

static void *linger(void *argument)
{
	usleep(200000);
	_exit(argument ? 23 : 0);
}

static void *leave(void *argument)
{
	exit(argument ? 24 : 0);
}

static void *crash(void *argument)
{
	*(volatile int *)8 = 1;
	return argument;
}

static void thread(void *(*work)(void *))
{
	pthread_t id;

	pthread_create(&id, NULL, work, "");
	if (work == linger)
		pthread_exit(NULL);
	pthread_join(id, NULL);
}

static int overflow(volatile char *outer)
{
	volatile char here[1000];

	here[0] = outer[0];
	return overflow(here) + here[0];
}

static void by_exit(void) { exit(20); }
static void by__exit(void) { _exit(21); }
static void by_quick_exit(void) { quick_exit(22); }
static void by_kill(void) { kill(getpid(), SIGKILL); }
static void by_thread(void) { thread(linger); }
static void by_exit_thread(void) { thread(leave); }
static void by_crash_thread(void) { thread(crash); }
static void by_stack(void) { overflow(""); }

/* ---- what the processor refuses ---- */

static void by_segv(void) { *(volatile int *)8 = 1; }
static void by_ill(void) { __asm__ volatile("ud2"); }
static void by_trap(void) { __asm__ volatile("int3"); }

static void by_fpe(void)
{
	volatile int zero = 0;

	zero = 7 / zero;
}

static void by_bus(void)
{
	char name[] = "/tmp/ends.XXXXXX";
	int fd = mkstemp(name);
	volatile char *bytes = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	truth_made(4096);
	truth_write(NULL);
	unlink(name);
	bytes[0]; /* the file has none */
}

/* ---- what glibc's malloc refuses: it says so, and aborts ---- */

static void by_free_stack(void)
{
	long here[8] = { 0 };

	free(&here[2]);
}

static void *freed(void)
{
	void *block = MADE(2000, malloc(2000));

	(void)!MADE(24, malloc(24)); /* lest it becomes one with the rest of the heap */
	GONE(2000, free(block));
	truth_write(NULL);
	return block;
}

static void by_free_twice(void) { free(freed()); }
static void by_realloc_freed(void) { free(realloc(freed(), 1 << 20)); }

static void by_free_inside(void)
{
	char *block = MADE(100, malloc(100));

	truth_write(NULL);
	free(block + 1);
}

/* The free that finds it out has been told by then. */
static void by_overrun(void)
{
	char *block = MADE(2000, malloc(2000)), *next = MADE(2000, malloc(2000));

	truth_gone(2000);
	truth_write(NULL);
	memset(block, 0x41, 2030);
	free(next);
}

/* ---- handlers ---- */

static void account(void)
{
	some(7);
	truth_write(NULL);
}

static void account_and_exit(void)
{
	account();
	exit(26);
}

static void account_and_abort(void)
{
	account();
	abort();
}

static void allocating(void) { some(9); }

static void by_atexit(void)
{
	atexit(account);
	atexit(allocating);
	exit(25);
}

static void by_exit_atexit(void)
{
	atexit(account_and_exit);
	exit(1);
}

static void by_abort_atexit(void)
{
	atexit(account_and_abort);
	exit(1);
}

static void by_at_quick_exit(void)
{
	at_quick_exit(account);
	at_quick_exit(allocating);
	quick_exit(27);
}

static void on_fault(int number)
{
	account();
	_exit(number == SIGSEGV ? 28 : 1);
}

static void by_handled(void)
{
	signal(SIGSEGV, on_fault);
	by_segv();
}

/* The handler of an overflow has a stack of its own, with some thousand frames of the other one below it. */
static void by_handled_stack(void)
{
	static char room[1 << 16];
	stack_t stack = { .ss_sp = room, .ss_size = sizeof room };
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	by_stack();
}

static void on_abort(int number)
{
	some(3);
	truth_write(NULL);
	(void)number; /* it returns: abort goes on */
}

static void by_handled_abort(void)
{
	signal(SIGABRT, on_abort);
	abort();
}

static const struct {
	const char *how;
	void (*end)(void);
} ends[] = { { "exit", by_exit }, { "_exit", by__exit }, { "quick_exit", by_quick_exit }, { "abort", abort },
	{ "kill", by_kill }, { "thread", by_thread }, { "exit_thread", by_exit_thread }, { "crash_thread", by_crash_thread },
	{ "stack", by_stack }, { "segv", by_segv }, { "ill", by_ill }, { "trap", by_trap }, { "fpe", by_fpe }, { "bus", by_bus },
	{ "free_stack", by_free_stack }, { "free_twice", by_free_twice }, { "free_inside", by_free_inside },
	{ "realloc_freed", by_realloc_freed }, { "overrun", by_overrun }, { "atexit", by_atexit },
	{ "exit_atexit", by_exit_atexit }, { "abort_atexit", by_abort_atexit }, { "at_quick_exit", by_at_quick_exit },
	{ "handled", by_handled }, { "handled_stack", by_handled_stack }, { "handled_abort", by_handled_abort } };

int main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };
	const char *how = argc > 1 ? argv[1] : "return";

	setrlimit(RLIMIT_CORE, &none);
	some(truth_argument(argc, argv, 2, 1001));
	truth_write(NULL);
	if (how[0] == '-')
		kill(getpid(), atoi(how + 1));
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (strcmp(how, ends[i].how) == 0)
			ends[i].end();
	return 19;
}
