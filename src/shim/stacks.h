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

/* The id of the stack that producer->pcs holds (N return addresses, most recent first; DEPTH: how
 * many there really are). New nodes are in PRODUCER's ring, published, when it returns. 0: no frame
 * at all, or it could not be told. */
uint32_t stacks_trace(struct producer *producer, size_t n, size_t depth);

/* Makes the first table. False: no memory. */
bool stacks_prepare(void);
/* Room for as many again, while memory may still be asked for. */
void stacks_make_room(void);
/* In a forked child: no id has been given yet. */
void stacks_forget_all(void);

#endif
