/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trails by stack: a thread that runs on several stacks, such as coroutines or a signal handler's,
 * keeps the last walk of a few of them.
 */
#ifndef SHIM_TRAILS_H
#define SHIM_TRAILS_H

#include "shim/trail.h"

enum { TRAILS_OTHERS = 3 };

enum trails_swap { TRAILS_SWAPPED, TRAILS_TAKING, TRAILS_GIVING };

struct trails {
	struct trail trail;   /* of the stack that was walked last */
	struct trail *others; /* TRAILS_OTHERS; NULL until there is a second stack */
	uint32_t next;	      /* of the others, to be given up */
	uint32_t swap;	      /* enum trails_swap: how far two of them have changed places */
	struct trail *with;   /* the other one */
	struct trail away;    /* what is to go there */
};

/* RSP is on another stack than the last walk was, for all we know; the trail of that one, or one
 * without frames, takes its place. False: the trail stays. */
bool trails_turn_to(struct trails *trails, uint64_t rsp);
/* Finishes what a jump may have cut off. */
void trails_mend(struct trails *trails);
/* Nothing that is kept may be met again. */
void trails_forget(struct trails *trails);
void trails_release(struct trails *trails);

#endif
