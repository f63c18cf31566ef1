/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps of work in another process, one for each thing that is done to it. A test can be called after each, to die there: the
 * process must be sound whichever was the last.
 */
#ifndef REMOTE_STEP_H
#define REMOTE_STEP_H

#include <stdbool.h>

enum step {
	STEP_SEIZED,
	STEP_STOPPED,        /* one thread, or all */
	STEP_LAID,           /* a call's frame is on the stack */
	STEP_ENTERED,        /* registers are the function's */
	STEP_MASKED,
	STEP_CALLED,         /* the function has returned, into rt_sigreturn */
	STEP_HELD_BACK,
	STEP_RETURNED,
	STEP_VECTORS_BACK,
	STEP_MASK_BACK,
	STEP_REGISTERS_BACK,
	STEP_RELEASED,
	STEPS,
};

/* Called after each step. NULL: nobody is. */
extern void (*step_watch)(enum step step);

/* Always true. */
bool step_done(enum step step);

#endif
