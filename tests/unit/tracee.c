/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include "unit/tracee.h"

enum { TRIES = 20000, REST_US = 500 };

struct tracee_shared *tracee_shared;
static void (*work)(void);

static void *run(void *unused)
{
	work();
	return unused;
}

void tracee_ready(void)
{
	__atomic_fetch_add(&tracee_shared->ready, 1, __ATOMIC_SEQ_CST);
}

bool tracee_reaches(volatile long *word, long value)
{
	for (int i = 0; i < TRIES && __atomic_load_n(word, __ATOMIC_SEQ_CST) < value; i++)
		usleep(REST_US);
	return __atomic_load_n(word, __ATOMIC_SEQ_CST) >= value;
}

pid_t tracee_start(void (*body)(void), int threads)
{
	pid_t pid;

	work = body;
	tracee_shared = mmap(NULL, sizeof *tracee_shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = fork();
	if (pid == 0) {
		pthread_t thread;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 0; i < threads; i++)
			pthread_create(&thread, NULL, run, NULL);
		body();
		for (;;)
			pause();
	}
	cr_assert_gt(pid, 0);
	cr_assert(tracee_reaches(&tracee_shared->ready, threads + 1));
	return pid;
}

int tracee_end(pid_t pid)
{
	int status = 0;

	tracee_shared->go = 1;
	if (tracee_reaches(&tracee_shared->done, tracee_shared->ready)) {
		kill(pid, SIGTERM);
		waitpid(pid, &status, 0);
		return status;
	}
	tracee_kill(pid);
	return -1;
}

void tracee_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void tracee_needs_ptrace(void)
{
	pid_t pid = fork();
	long result;

	if (pid == 0) {
		for (;;)
			pause();
	}
	result = ptrace(PTRACE_SEIZE, pid, NULL, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (result < 0)
		cr_skip_test("no process may trace another here");
}
