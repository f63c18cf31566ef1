/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads of a child are seized, stopped all at once, and go on as if nothing had been; signals that come meanwhile are not lost. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "remote/process.h"
#include "unit/tracee.h"

enum { THREADS = 3, WAIT_MS = 5000 };

static void count(void)
{
	tracee_ready();
	while (!tracee_shared->go)
		__atomic_fetch_add(&tracee_shared->count, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

static void hear(int number)
{
	(void)number;
	__atomic_fetch_add(&tracee_shared->called, 1, __ATOMIC_SEQ_CST);
}

static void listen(void)
{
	signal(SIGUSR1, hear);
	tracee_ready();
	while (!tracee_shared->go)
		pause();
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

static void *begin_and_end(void *unused)
{
	__atomic_fetch_add(&tracee_shared->count, 1, __ATOMIC_RELAXED);
	return unused;
}

static void make_threads(void)
{
	tracee_ready();
	while (!tracee_shared->go) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, begin_and_end, NULL) == 0)
			pthread_join(thread, NULL);
	}
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

/* Nobody counts while all are stopped. */
static void expect_standstill(void)
{
	long before = tracee_shared->count;

	for (int i = 0; i < 1000; i++)
		sched_yield();
	cr_assert_eq(tracee_shared->count, before);
}

Test(process, stops_all_threads_and_lets_them_go, .init = tracee_needs_ptrace)
{
	pid_t pid = tracee_start(count, THREADS);
	struct error err = ERROR_INIT;
	struct process process;

	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	cr_assert_eq(process.threads.count, THREADS + 1);
	for (int i = 0; i < 20; i++) {
		cr_assert_eq(process_stop(&process, WAIT_MS, &err), 0, "%s", err.text);
		expect_standstill();
		process_go(&process);
		cr_assert(tracee_reaches(&tracee_shared->count, tracee_shared->count + 1));
	}
	process_release(&process);
	cr_assert_eq(tracee_end(pid), SIGTERM);
}

Test(process, stops_threads_that_come_meanwhile, .init = tracee_needs_ptrace)
{
	pid_t pid = tracee_start(make_threads, THREADS);
	struct error err = ERROR_INIT;
	struct process process;

	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	for (int i = 0; i < 50; i++) {
		cr_assert_eq(process_stop(&process, WAIT_MS, &err), 0, "%s", err.text);
		expect_standstill();
		process_go(&process);
	}
	process_release(&process);
	cr_assert_eq(tracee_end(pid), SIGTERM);
}

Test(process, gives_signals_to_threads_that_are_held, .init = tracee_needs_ptrace)
{
	pid_t pid = tracee_start(listen, 0);
	struct error err = ERROR_INIT;
	struct process process;

	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	for (int i = 1; i <= 20; i++) {
		cr_assert_eq(process_stop(&process, WAIT_MS, &err), 0, "%s", err.text);
		kill(pid, SIGUSR1);
		process_go(&process);
		for (int k = 0; k < 5000 && tracee_shared->called < i; k++) {
			process_serve(&process);
			usleep(500);
		}
		cr_assert_eq(tracee_shared->called, i);
	}
	cr_assert_eq(process_stop(&process, WAIT_MS, &err), 0, "%s", err.text);
	kill(pid, SIGUSR1);
	process_release(&process);
	cr_assert(tracee_reaches(&tracee_shared->called, 21), "the signal that came last was lost");
	tracee_shared->go = 1;
	kill(pid, SIGUSR1);
	cr_assert_eq(tracee_end(pid), SIGTERM);
}

/* In the kernel's sleep nearly always: until its child has gone. */
static void sleep_by_vfork(void)
{
	tracee_ready();
	for (;;) {
		pid_t child = vfork();

		if (child == 0) {
			usleep(300 * 1000);
			_exit(0);
		}
		waitpid(child, NULL, 0);
		__atomic_fetch_add(&tracee_shared->count, 1, __ATOMIC_SEQ_CST);
	}
}

/* One that was let go of in vain would stop when it wakes up, and nobody would ever look. */
Test(process, lets_go_of_a_thread_that_stops_late, .init = tracee_needs_ptrace)
{
	pid_t pid = tracee_start(sleep_by_vfork, 0);
	struct error err = ERROR_INIT;
	struct process process;
	long before;

	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	cr_assert_eq(process_stop(&process, 50, &err), -1, "it sleeps");
	cr_assert_neq(strstr(err.text, "sleeps in the kernel"), NULL, "%s", err.text);
	process_release(&process);
	before = tracee_shared->count;
	cr_assert(tracee_reaches(&tracee_shared->count, before + 2), "it stands still");
	tracee_kill(pid);
}

Test(process, says_that_there_is_none, .init = tracee_needs_ptrace)
{
	struct error err = ERROR_INIT;
	struct process process;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	cr_assert_eq(process_seize(&process, pid, &err), -1);
	cr_assert_eq(process.threads.count, 0);
	cr_assert_neq(err.text[0], '\0');
}

Test(process, says_that_it_has_ended, .init = tracee_needs_ptrace)
{
	pid_t pid = tracee_start(count, 1);
	struct error err = ERROR_INIT;
	struct process process;

	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	kill(pid, SIGKILL);
	while (process_stop(&process, WAIT_MS, &err) == 0)
		process_go(&process);
	cr_assert_not(process_lives(&process));
	process_release(&process);
}

/* Whoever is the parent, too, still gets its status: no thread of it is left as a zombie of the tracer's. */
Test(process, one_that_is_killed_while_it_is_held_ends)
{
	struct process process;
	struct error err = ERROR_INIT;
	int status = 0;
	pid_t pid;

	tracee_needs_ptrace();
	pid = tracee_start(count, THREADS);
	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	for (size_t i = 0; i < process.threads.count; i++)
		process.threads.items[i].kept = process.threads.items[i].tid == pid;
	cr_assert_eq(process_stop(&process, WAIT_MS, &err), 0, "%s", err.text);
	kill(pid, SIGKILL);
	process_release(&process);
	for (int i = 0; i < WAIT_MS && waitpid(pid, &status, WNOHANG) != pid; i++)
		usleep(1000);
	cr_assert(WIFSIGNALED(status));
	cr_assert_eq(WTERMSIG(status), SIGKILL);
}
