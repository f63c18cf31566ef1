/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stacks of the calling thread, seen from a hook. A hook's frame is what
 * __builtin_frame_address(0) says in it; its caller has rip at [frame + 8], rbp at [frame],
 * rsp = frame + 16.
 */
#ifndef SHIM_UNWIND_H
#define SHIM_UNWIND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "shim/trail.h"

/* Walks from the caller of the hook at FRAME: TRAIL then holds all its frames, as far as there is
 * room for them. It has at least one. */
void unwind_walk(struct trail *trail, uintptr_t frame);

enum unwind_past { UNWIND_PAST, UNWIND_LAST, UNWIND_END, UNWIND_BROKEN };
/* By libgcc, ten times slower, what rows cannot say: moves STATE, a frame among the callers of the
 * hook at FRAME, to its caller. UNWIND_LAST: only the caller's pc is known, and not its own;
 * UNWIND_END: it has none; UNWIND_BROKEN: nothing says it. */
enum unwind_past unwind_past(uintptr_t frame, struct unwind_state *state);

/* The whole walk by libgcc, for comparison: return addresses, most recent first, without the
 * shim's own. Writes at most MAX and returns how many. */
size_t unwind_slowly(uintptr_t frame, uint64_t *pcs, size_t max);

enum unwind_reached { UNWIND_NOT, UNWIND_DIRECTLY, UNWIND_BY_SIGNAL, UNWIND_UNKNOWN };
/* Is the hook at FRAME among the callers of the hook at FROM, and has a signal come in between? */
enum unwind_reached unwind_reach(uintptr_t from, uintptr_t frame);

/* To be called once, before signals can interrupt it. */
void unwind_prepare(void);

#endif
