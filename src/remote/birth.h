/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program held by ptrace at its birth: a child of ours that waits to exec is seized, and stopped where its new image is there and none of
 * its code has run. There it has one thread, and nobody else can be in what is changed.
 *
 * Until it is released it dies when we do: a program is never left half changed. What signals come meanwhile are given to it then.
 */
#ifndef REMOTE_BIRTH_H
#define REMOTE_BIRTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>
#include "base/error.h"

struct birth {
	pid_t pid;
	bool ended;                        /* by a signal, or it could not exec */
	struct user_regs_struct registers; /* that it begins with: rip may be changed before birth_release */
	uint64_t mask, at;                 /* of signals; where system calls are made for it */
	uint8_t code[2];                   /* that stands there */
	int stop;                          /* a signal that no mask holds back */
};

/* Seizes PID, which has not exec'ed yet. -1: it may not be. */
int birth_seize(struct birth *birth, pid_t pid, struct error *err);
/* Waits until it has exec'ed, or has ended; BIRTH is a struct birth. */
void birth_attend(void *birth);
/* When it has exec'ed: holds it at its beginning, for what follows. */
int birth_hold(struct birth *birth, struct error *err);
/* Makes it call the kernel; *RESULT as the kernel gives it. -1: it has ended. */
int birth_call(struct birth *birth, long number, const long arguments[6], long *result, struct error *err);
/* Writes into its memory, whatever its protection. */
int birth_write(struct birth *birth, uint64_t at, const void *bytes, size_t size, struct error *err);
/* Lets it run, untraced. */
int birth_release(struct birth *birth, struct error *err);

#endif
