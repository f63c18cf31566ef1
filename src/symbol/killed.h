/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Child processes that were killed and are not yet waited for. Taking a process's memory apart takes its kernel milliseconds, in which
 * its parent may do something else. By any thread.
 */
#ifndef SYMBOL_KILLED_H
#define SYMBOL_KILLED_H

#include <stdbool.h>
#include <sys/types.h>

/* This process will end by exit, or calls killed_wait before: so its children may be waited for then. A forked child of it has
 * promised nothing. */
void killed_may_wait(void);
/* PID, a child that has been killed: it is waited for by the others. False: there are too many, or nothing was promised; the caller
 * waits. */
bool killed_add(pid_t pid);
/* Waits for those that have ended; for all. */
void killed_reap(void);
void killed_wait(void);

#endif
