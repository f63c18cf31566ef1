/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread of a child calls a function and goes on with all that it had: registers, vectors, its signal mask, the system call that it
 * was in; also when whoever made it call dies at any step of it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <immintrin.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "remote/errand.h"
#include "remote/step.h"
#include "unit/tracee.h"

enum { WAIT_MS = 5000, WORDS = 8 };

struct letter {
	long in, out, mask_full;
};

/* In the child, as the errand. */
__attribute__((noinline)) static void visit(struct letter *letter, long argument)
{
	char text[256];
	sigset_t mask;

	snprintf(text, sizeof text, "%f %ld %s", (double)letter->in * 1.5, argument, "and all registers that this takes");
	sigprocmask(SIG_SETMASK, NULL, &mask);
	letter->mask_full = sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGTERM);
	letter->out = letter->in + argument + (text[0] == '3');
	__asm__ volatile("vzeroall" ::: "memory");
	__atomic_fetch_add(&tracee_shared->called, 1, __ATOMIC_SEQ_CST);
}

/* Holds values in registers of all kinds, and a word in the red zone, for as long as it is not told to go on. */
__attribute__((noinline, target("avx2"))) static void hold_registers(void)
{
	static const long pattern[4] = { 0x1111222233334444, 0x5555666677778888, 0x1234567812345678, 0x7fedcba987654321 };
	long found[4] = { 0 }, zone = 0, r12 = 0, rbx = 0;

	tracee_ready();
	__asm__ volatile("vmovdqu %[pattern], %%ymm3\n"
			 "vmovdqu %[pattern], %%ymm14\n"
			 "mov $0x1212, %%r12\n"
			 "mov $0xbbbb, %%rbx\n"
			 "mov $0x2ed2, %%rcx\n"
			 "mov %%rcx, -64(%%rsp)\n"
			 "1: mov (%[go]), %%rcx\n"
			 "test %%rcx, %%rcx\n"
			 "je 1b\n"
			 "mov -64(%%rsp), %[zone]\n"
			 "mov %%r12, %[r12]\n"
			 "mov %%rbx, %[rbx]\n"
			 "vpxor %%ymm14, %%ymm3, %%ymm4\n"
			 "vmovdqu %%ymm3, %[found]\n"
			 : [found] "=m"(found), [zone] "=&r"(zone), [r12] "=&r"(r12), [rbx] "=&r"(rbx)
			 : [pattern] "m"(pattern), [go] "D"(&tracee_shared->go)
			 : "rcx", "r12", "rbx", "xmm3", "xmm4", "xmm14", "cc", "memory");
	if (memcmp(found, pattern, sizeof found) != 0 || zone != 0x2ed2 || r12 != 0x1212 || rbx != 0xbbbb)
		tracee_shared->failed = 1;
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

static int ends[2];

/* Sleeps in the kernel in the way that is restarted with the rest of its time, until a byte comes. */
static void sleep_for_a_byte(void)
{
	struct pollfd wait = { .fd = ends[0], .events = POLLIN };
	char byte;

	tracee_ready();
	if (poll(&wait, 1, 60000) != 1 || read(ends[0], &byte, 1) != 1)
		tracee_shared->failed = errno;
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

/* In a plain read. */
static void read_a_byte(void)
{
	char byte;

	tracee_ready();
	if (read(ends[0], &byte, 1) != 1)
		tracee_shared->failed = errno;
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

static void sleep_exactly(void)
{
	struct timespec begin, end, time = { .tv_nsec = 300000000 };

	tracee_ready();
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (nanosleep(&time, NULL) < 0)
		tracee_shared->failed = errno;
	clock_gettime(CLOCK_MONOTONIC, &end);
	tracee_shared->words[0] = (end.tv_sec - begin.tv_sec) * 1000000000l + end.tv_nsec - begin.tv_nsec;
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

static uint64_t returner_of(pid_t pid)
{
	struct error err = ERROR_INIT;
	struct maps maps;
	uint64_t returner;

	cr_assert_eq(maps_read(&maps, pid, &err), 0, "%s", err.text);
	returner = errand_returner(pid, &maps);
	maps_free(&maps);
	return returner;
}

/* One errand by the first thread of PID. */
static int send(pid_t pid, struct letter *answer, struct error *err)
{
	const struct letter letter = { .in = 2 };
	struct errand errand = { .function = (uintptr_t)visit, .returner = returner_of(pid), .data = &letter,
		.data_size = sizeof letter, .argument = 40, .result = answer };
	struct process process;
	bool begun;
	int result = -1;

	if (process_seize(&process, pid, err) < 0)
		return -1;
	step_done(STEP_SEIZED);
	if (thread_stop(&process.threads.items[0], WAIT_MS)) {
		step_done(STEP_STOPPED);
		result = errand_run(&process, &process.threads.items[0], &errand, WAIT_MS, &begun, err);
	}
	process_release(&process);
	step_done(STEP_RELEASED);
	return result;
}

static void expect_answered(pid_t pid, int times)
{
	for (int i = 0; i < times; i++) {
		struct letter answer = { 0 };
		struct error err = ERROR_INIT;

		cr_assert_eq(send(pid, &answer, &err), 0, "%s", err.text);
		cr_assert_eq(answer.out, 2 + 40 + 1);
		cr_assert(answer.mask_full, "a signal could have come in the middle");
		cr_assert_eq(tracee_shared->called, i + 1);
	}
}

static enum step last_step;

static void die(enum step step)
{
	if (step == last_step)
		kill(getpid(), SIGKILL);
}

/* At each step once: another process sends the errand, and dies after that step. */
static void die_at_each_step(pid_t pid)
{
	for (int step = 0; step < STEPS; step++) {
		long called = tracee_shared->called;
		pid_t sender = fork();
		int status;

		if (sender == 0) {
			struct error err = ERROR_INIT;
			struct letter answer;

			last_step = (enum step)step;
			step_watch = die;
			send(pid, &answer, &err);
			_exit(1);
		}
		waitpid(sender, &status, 0);
		cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "step %d does not come", step);
		if (step >= STEP_ENTERED)
			cr_assert(tracee_reaches(&tracee_shared->called, called + 1), "step %d", step);
		cr_assert_eq(waitpid(pid, &status, WNOHANG), 0, "the program ended after step %d", step);
	}
}

static void expect_sound(pid_t pid)
{
	cr_assert_eq(tracee_end(pid), SIGTERM);
	cr_assert_eq(tracee_shared->failed, 0, "%ld", (long)tracee_shared->failed);
}

#define NEEDS_AVX2()                                                                               \
	do {                                                                                       \
		if (!__builtin_cpu_supports("avx2"))                                               \
			cr_skip_test("this processor has no AVX2");                                \
	} while (0)

Test(errand, leaves_registers_as_they_were, .init = tracee_needs_ptrace)
{
	NEEDS_AVX2();
	pid_t pid = tracee_start(hold_registers, 0);

	expect_answered(pid, 20);
	expect_sound(pid);
}

Test(errand, leaves_registers_though_the_tracer_dies, .init = tracee_needs_ptrace)
{
	NEEDS_AVX2();
	pid_t pid = tracee_start(hold_registers, 0);

	die_at_each_step(pid);
	expect_sound(pid);
}

Test(errand, goes_on_with_a_timed_wait, .init = tracee_needs_ptrace)
{
	cr_assert_eq(pipe(ends), 0);
	pid_t pid = tracee_start(sleep_for_a_byte, 0);

	expect_answered(pid, 20);
	cr_assert_eq(write(ends[1], "b", 1), 1);
	expect_sound(pid);
}

Test(errand, goes_on_with_a_timed_wait_though_the_tracer_dies, .init = tracee_needs_ptrace)
{
	cr_assert_eq(pipe(ends), 0);
	pid_t pid = tracee_start(sleep_for_a_byte, 0);

	die_at_each_step(pid);
	cr_assert_eq(write(ends[1], "b", 1), 1);
	expect_sound(pid);
}

Test(errand, goes_on_with_a_read, .init = tracee_needs_ptrace)
{
	cr_assert_eq(pipe(ends), 0);
	pid_t pid = tracee_start(read_a_byte, 0);

	expect_answered(pid, 20);
	die_at_each_step(pid);
	cr_assert_eq(write(ends[1], "b", 1), 1);
	expect_sound(pid);
}

/* Not longer by what has passed before each errand: twenty of them would make it a sleep without an end. */
Test(errand, does_not_make_a_sleep_longer, .init = tracee_needs_ptrace)
{
	pid_t pid = tracee_start(sleep_exactly, 0);
	struct error err = ERROR_INIT;
	struct letter answer;

	while (!tracee_shared->done && tracee_shared->called < 100000)
		cr_assert_eq(send(pid, &answer, &err), 0, "%s", err.text);
	cr_assert_gt(tracee_shared->called, 1);
	cr_assert_eq(tracee_shared->done, 1, "the sleep did not end");
	cr_assert_geq(tracee_shared->words[0], 300000000);
	expect_sound(pid);
}
