/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A short list without locks, of the one process that has promised: a forked child inherits the list, and not the processes on it.
 * Who ends by exit waits for all of them before, so that nobody finds a process of memtrace after it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "symbol/killed.h"

enum { KILLED_MAX = 16 };
static _Atomic pid_t killed[KILLED_MAX]; /* 0: free */
static pid_t promised; /* the process that killed_may_wait was called in */

/* Has PID ended, or is it waited for by somebody else? */
static bool has_gone(pid_t pid, int options)
{
	pid_t waited;

	while ((waited = waitpid(pid, NULL, options)) < 0 && errno == EINTR)
		;
	return waited != 0;
}

static void reap(int options)
{
	for (int i = 0; i < KILLED_MAX && getpid() == promised; i++) {
		pid_t pid = atomic_load(&killed[i]);

		if (pid && has_gone(pid, options))
			atomic_compare_exchange_strong(&killed[i], &pid, 0);
	}
}

void killed_may_wait(void)
{
	promised = getpid();
	atexit(killed_wait);
}

bool killed_add(pid_t pid)
{
	for (int i = 0; i < KILLED_MAX && getpid() == promised; i++) {
		pid_t none = 0;

		if (atomic_compare_exchange_strong(&killed[i], &none, pid))
			return true;
	}
	return false;
}

void killed_reap(void)
{
	reap(WNOHANG);
}

void killed_wait(void)
{
	reap(0);
}
