/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Child processes that were killed and are not yet waited for. Taking a process's memory apart takes its kernel milliseconds, in which
 * its parent may do something else. By any thread.
 */
#ifndef SYMBOL_KILLED_H
#define SYMBOL_KILLED_H

#include <stdbool.h>
#include <sys/types.h>

/* PID, a child that is killed now: it is waited for by killed_reap, or at exit. False: there are too many, the caller waits. */
bool killed_add(pid_t pid);
/* Waits for those that have ended. */
void killed_reap(void);

#endif
