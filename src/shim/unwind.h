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

enum unwind_past { UNWIND_PAST, UNWIND_END, UNWIND_BROKEN };
/* With all registers, a hundred times slower, what rows cannot say: moves STATE, a frame among the
 * callers of the hook at FRAME, to its caller. UNWIND_END: it has none; UNWIND_BROKEN: nothing says
 * it, or it cannot be. */
enum unwind_past unwind_past(uintptr_t frame, struct unwind_state *state);

enum { RED_ZONE = 128 };
/* Above all frames of the stack that RSP is on, as far as that can be known. */
uint64_t unwind_top_of(uint64_t rsp);

/* UNWIND_GUESSED: it was not met, but the walk went by frame pointers where nothing is said about the code, and may have passed it; no
 * signal was. */
enum unwind_reached { UNWIND_NOT, UNWIND_DIRECTLY, UNWIND_BY_SIGNAL, UNWIND_GUESSED, UNWIND_UNKNOWN };
/* Is the hook at FRAME among the callers of the hook at FROM, and has a signal come in between? */
enum unwind_reached unwind_reach(uintptr_t from, uintptr_t frame);

#endif
