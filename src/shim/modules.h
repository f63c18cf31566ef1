/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The modules that the reader must know to name a pc: told when the process starts, and later when
 * a new pc lies in one that was not known.
 */
#ifndef SHIM_MODULES_H
#define SHIM_MODULES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "shim/thread.h"

/* Makes the table. False: no memory. */
bool modules_prepare(void);
/* Tells all that are loaded now, or in a forked child: all that are known and still there. */
void modules_tell_all(struct producer *producer, bool forked);

/* PC stands in a node that is about to be told: tells its module if need be. True: the seed has
 * changed. */
bool modules_meet(struct producer *producer, uint64_t pc);

/* ld.so frees ADDR, which may be a module's entry. */
void modules_freed(const void *addr);
/* A module has gone. */
extern _Atomic bool modules_dirty;
/* Tells what is gone. To be called before the next event, if modules_dirty. */
void modules_verify(struct producer *producer);

/* Where the hash of every stack begins. It depends on which modules stand now at addresses where
 * modules have gone. */
extern _Atomic uint64_t modules_seed_now;
static inline uint64_t modules_seed(void)
{
	return atomic_load_explicit(&modules_seed_now, memory_order_relaxed);
}

#endif
