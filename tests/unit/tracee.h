/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A forked child that tests hold by ptrace. It runs functions of the test's own, so addresses are the same on both sides.
 */
#ifndef UNIT_TRACEE_H
#define UNIT_TRACEE_H

#include <stdbool.h>
#include <sys/types.h>

/* What both sides see. */
struct tracee_shared {
	volatile long ready, go, done, count, failed, called;
	volatile long words[64];
};
extern struct tracee_shared *tracee_shared;

/* Forks a child that calls BODY and exits; with THREADS more that do the same. Returns when all have said that they are ready. */
pid_t tracee_start(void (*body)(void), int threads);
/* In BODY. */
void tracee_ready(void);
/* Waits until *WORD is at least VALUE, some seconds at most; false: it is not. */
bool tracee_reaches(volatile long *word, long value);
/* Ends it; its status as of waitpid, or -1: it had to be killed. */
int tracee_end(pid_t pid);
void tracee_kill(pid_t pid);
/* Skips the test where no process may trace another. */
void tracee_needs_ptrace(void);

#endif
