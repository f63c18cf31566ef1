/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attaching to a child whose threads live in malloc, and leaving it; and the tracer's death after each single thing that it does to it,
 * with nobody to put anything right: the child goes on. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "record/pool.h"
#include "remote/attach.h"
#include "remote/maps.h"
#include "remote/step.h"
#include "unit/sanitized.h"
#include "unit/tracee.h"

enum { PATIENCE_MS = 10000, STEPS_MOST = 2000, BLOCKS = 64, THREADS = 2 };

#ifdef ADDRESS_SANITIZED
#define NEEDS_OWN_MALLOC() cr_skip_test("the sanitizer's malloc is in the program")
#else
#define NEEDS_OWN_MALLOC() tracee_needs_ptrace()
#endif

/* Every block is marked, and looked at before it goes: what is lost or mixed up is seen. */
static void live_in_malloc(void)
{
	struct {
		size_t size;
		unsigned char *at;
	} blocks[BLOCKS] = { 0 };
	unsigned long n = (unsigned long)&blocks;

	tracee_ready();
	while (!tracee_shared->go) {
		size_t at = n++ * 2654435761u % BLOCKS;

		for (size_t i = 0; i < blocks[at].size; i++)
			if (blocks[at].at[i] != (unsigned char)at)
				tracee_shared->failed = 1;
		free(blocks[at].at);
		blocks[at].size = n * 40503 % 700;
		blocks[at].at = malloc(blocks[at].size);
		memset(blocks[at].at, (int)at, blocks[at].size);
		__atomic_fetch_add(&tracee_shared->count, 1, __ATOMIC_RELAXED);
	}
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

static char shim[PATH_MAX];
static struct pool pool;

/* The library beside the test. */
static void prepare(void)
{
	const struct pool_options options = { .frames_limit = 16, .follow_fork = true };
	struct error err = ERROR_INIT;
	ssize_t length = readlink("/proc/self/exe", shim, sizeof shim - 32);

	cr_assert_gt(length, 0);
	strcpy(memrchr(shim, '/', (size_t)length) + 1, "libmemtrace.so");
	cr_assert_eq(access(shim, R_OK), 0);
	cr_assert_eq(pool_make(&pool, &options, &err), 0, "%s", err.text);
}

static int join(pid_t pid, struct error *err)
{
	struct attach_report report;
	char *channel = pool_environment(&pool);
	int result = attach_join(pid, shim, channel, PATIENCE_MS, &report, err);

	free(channel);
	return result;
}

static int leave(pid_t pid, struct error *err)
{
	struct attach_report report;

	return attach_leave(pid, PATIENCE_MS, &report, err);
}

static void expect_alive(pid_t pid, const char *when, int step)
{
	long before = tracee_shared->count;
	int status;

	cr_assert(tracee_reaches(&tracee_shared->count, before + 1000), "it stands still %s step %d", when, step);
	cr_assert_eq(waitpid(pid, &status, WNOHANG), 0, "it ended %s step %d", when, step);
}

static int steps_left;

static void die_in_time(enum step step)
{
	(void)step;
	if (steps_left-- == 0)
		kill(getpid(), SIGKILL);
}

/* True: it died at that step; else there are not so many. */
static bool die_at(pid_t pid, int (*work)(pid_t pid, struct error *err), int step)
{
	pid_t tracer = fork();
	int status;

	if (tracer == 0) {
		struct error err = ERROR_INIT;

		steps_left = step;
		step_watch = die_in_time;
		_exit(work(pid, &err) == 0 ? 0 : 1);
	}
	waitpid(tracer, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

Test(attach, joins_and_leaves_again_and_again, .init = prepare)
{
	NEEDS_OWN_MALLOC();
	pid_t pid = tracee_start(live_in_malloc, THREADS);
	struct error err = ERROR_INIT;

	for (int i = 0; i < 10; i++) {
		cr_assert_eq(join(pid, &err), 0, "%s, round %d", err.text, i);
		cr_assert_eq(join(pid, &err), -1, "it was joined twice");
		cr_assert_eq(leave(pid, &err), 0, "%s", err.text);
		expect_alive(pid, "after", i);
	}
	cr_assert_eq(tracee_end(pid), SIGTERM);
	cr_assert_eq(tracee_shared->failed, 0);
}

Test(attach, leaves_a_sound_process_whenever_the_tracer_dies, .init = prepare)
{
	NEEDS_OWN_MALLOC();
	pid_t pid = tracee_start(live_in_malloc, THREADS);
	struct error err = ERROR_INIT;
	int step = 0;

	/* What had been joined is left again, so that there is something to be joined. */
	while (step < STEPS_MOST && die_at(pid, join, step)) {
		expect_alive(pid, "after joining's", step++);
		cr_assert_eq(leave(pid, &err), 0, "%s", err.text);
	}
	cr_assert_gt(step, STEP_REGISTERS_BACK);
	cr_assert_eq(join(pid, &err), -1, "the last one has joined");
	for (step = 0; step < STEPS_MOST && die_at(pid, leave, step); step++)
		expect_alive(pid, "after leaving's", step);
	cr_assert_eq(tracee_end(pid), SIGTERM);
	cr_assert_eq(tracee_shared->failed, 0);
}
