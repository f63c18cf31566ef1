/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stacks become trace ids: each distinct one is told once, node by node, and is one 32-bit number
 * from then on.
 */
#ifndef SHIM_STACKS_H
#define SHIM_STACKS_H

#include <stdbool.h>
#include <stdint.h>
#include "shim/thread.h"

/* The id of the stack that producer->trails.trail holds; new nodes are in PRODUCER's ring, published, when
 * it returns. 0: no frame at all, or it could not be told. */
uint32_t stacks_find(struct producer *producer);
static inline uint32_t stacks_trace(struct producer *producer)
{
	uint32_t id = trail_leaf(&producer->trails.trail)->id;

	return __builtin_expect(id != 0, 1) ? id : stacks_find(producer);
}

/* A stack was met that was not told whole: modules that no told pc lies in may matter. */
extern _Atomic bool stacks_cut;
void stacks_set_cut(void);

/* Makes the first table. False: no memory. */
bool stacks_prepare(void);
/* Room for many more, while memory may still be asked for. */
void stacks_make_room(void);
/* In a forked child: no id has been given yet. */
void stacks_forget_all(void);

#endif
