/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hand: a child of ours that does a piece of work in another process and ends. Whatever it held is let go of by its end, its own
 * mistakes and time limits included; and meanwhile we are free to read what the process tells.
 */
#ifndef REMOTE_HAND_H
#define REMOTE_HAND_H

#include <stdbool.h>
#include <sys/types.h>
#include "remote/attach.h"

struct hand {
	pid_t pid;
	int fd;                  /* where its answer comes */
};

struct hand_answer {
	int result;              /* 0, or -1 and why */
	struct attach_report report;
	struct error err;
};

/* Makes one that runs WORK. -1: no process could be made. */
int hand_begin(struct hand *hand, void (*work)(const void *argument, struct hand_answer *answer), const void *argument,
	struct error *err);
/* Waits MS at most for its end; false: it is at work. Its answer is there, or an error that says it has died. */
bool hand_ends(struct hand *hand, unsigned int ms, struct hand_answer *answer);

#endif
