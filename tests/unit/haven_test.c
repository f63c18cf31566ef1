/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a stopped thread of a child is, with a function of this program in memtrace's library's place. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "remote/haven.h"
#include "unit/tracee.h"

enum { WAIT_MS = 5000, ALTERNATE = 65536, DEEP = 300, FRAME = 512 };

static void spin(void)
{
	tracee_ready();
	for (;;)
		__atomic_fetch_add(&tracee_shared->count, 1, __ATOMIC_RELAXED);
}

static void in_handler(int number)
{
	(void)number;
	spin();
}

/* All of "the library". */
extern char __start_library_code[], __stop_library_code[];

static __attribute__((noinline, section("library_code"))) void library(int depth)
{
	volatile char room[FRAME];

	room[0] = (char)depth;
	if (depth > 0)
		library(depth - 1);
	else
		raise(SIGUSR1);
	__asm__ volatile("" ::"r"(room) : "memory");
}

static void nowhere(void)
{
	spin();
}

/* The library has been on this stack, as deep as it gets; its words are still there. */
static void after(void)
{
	signal(SIGUSR1, SIG_IGN);
	library(10);
	spin();
}

static void on_its_stack(void)
{
	signal(SIGUSR1, in_handler);
	library(0);
}

static void far_below(void)
{
	signal(SIGUSR1, in_handler);
	library(DEEP);
}

static void on_another_stack(void)
{
	stack_t stack = { .ss_sp = malloc(ALTERNATE), .ss_size = ALTERNATE };
	struct sigaction action = { .sa_handler = in_handler, .sa_flags = SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	library(0);
}

static void expect(void (*body)(void), enum haven_place place)
{
	pid_t pid = tracee_start(body, 1);
	struct error err = ERROR_INIT;
	struct process process;
	struct haven haven;

	cr_assert_eq(haven_open(&haven, pid, &err), 0, "%s", err.text);
	haven.own = (struct haven_range){ (uintptr_t)__start_library_code, (uintptr_t)__stop_library_code };
	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(process_stop(&process, WAIT_MS, &err), 0, "%s", err.text);
		for (size_t k = 0; k < process.threads.count; k++)
			cr_assert_eq(haven_place(&haven, &process.threads.items[k]), place, "thread %zu", k);
		process_go(&process);
	}
	process_release(&process);
	haven_close(&haven);
	tracee_kill(pid);
}

Test(haven, knows_who_is_elsewhere, .init = tracee_needs_ptrace)
{
	expect(nowhere, HAVEN_ELSEWHERE);
	expect(after, HAVEN_ELSEWHERE);
}

Test(haven, finds_the_library_on_a_stack, .init = tracee_needs_ptrace)
{
	expect(on_its_stack, HAVEN_IN_OWN);
}

/* The walk alone would give up before. */
Test(haven, finds_it_beyond_the_frames_that_are_walked, .init = tracee_needs_ptrace)
{
	expect(far_below, HAVEN_IN_OWN);
}

Test(haven, finds_it_on_the_stack_that_a_signal_interrupted, .init = tracee_needs_ptrace)
{
	expect(on_another_stack, HAVEN_IN_OWN);
}
