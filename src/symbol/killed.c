/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A short list without locks. Each entry has its parent's pid, too: a forked child inherits the list, and not the processes on it.
 * Who ends by exit waits for all of them before, so that nobody finds a process of memtrace after it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "symbol/killed.h"

enum { KILLED_MAX = 16 };
static _Atomic uint64_t killed[KILLED_MAX]; /* entry_of a child; 0: free */
static pid_t promised; /* the process that killed_may_wait was called in */

static uint64_t entry_of(pid_t pid)
{
	return (uint64_t)getpid() << 32 | (uint32_t)pid;
}

static bool is_ours(uint64_t entry)
{
	return entry && entry == entry_of((pid_t)(uint32_t)entry);
}

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
	for (int i = 0; i < KILLED_MAX; i++) {
		uint64_t entry = atomic_load(&killed[i]);

		if (is_ours(entry) && has_gone((pid_t)(uint32_t)entry, options))
			atomic_compare_exchange_strong(&killed[i], &entry, 0);
	}
}

void killed_may_wait(void)
{
	promised = getpid();
	atexit(killed_wait);
}

bool killed_add(pid_t pid)
{
	if (getpid() != promised)
		return false;
	for (int i = 0; i < KILLED_MAX; i++) {
		uint64_t entry = atomic_load(&killed[i]);

		if (!is_ours(entry) && atomic_compare_exchange_strong(&killed[i], &entry, entry_of(pid)))
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
