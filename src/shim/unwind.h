/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stacks of the calling thread, seen from a hook.
 */
#ifndef SHIM_UNWIND_H
#define SHIM_UNWIND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNWIND_DEPTH_MAX = 1 << 19 };

struct depth;

/* Where a walk begins: the hook's frame as __builtin_frame_address(0) says it; its caller has rip
 * at [frame + 8], rbp at [frame], rsp = frame + 16. */
struct unwind_start {
	uintptr_t frame;
	struct depth *known; /* of the last walk from this level, or NULL */
	bool broken; /* out: the walk ended where no unwind information was, or a wrong one */
};

/* Return addresses, most recent first, from the hook's caller on; a pc that a signal interrupted is
 * stored as pc + 1. Writes at most MAX and returns how many. DEPTH: frames that there are; without
 * KNOWN counted up to UNWIND_DEPTH_MAX. Frames of the shim itself are left out. */
size_t unwind_stack(struct unwind_start *start, uint64_t *pcs, size_t max, size_t *depth);

/* A walk went on beyond MAX: through modules that no pc it wrote may lie in. */
extern _Atomic bool unwind_beyond;

/* The same by libgcc, ten times slower, for stacks that rows cannot say. */
size_t unwind_slowly(struct unwind_start *start, uint64_t *pcs, size_t max, size_t *depth);

enum unwind_reached { UNWIND_NOT, UNWIND_DIRECTLY, UNWIND_BY_SIGNAL, UNWIND_UNKNOWN };
/* Is the hook at FRAME among the callers of the hook at FROM, and has a signal come in between? */
enum unwind_reached unwind_reach(uintptr_t from, uintptr_t frame);

/* To be called once, before signals can interrupt it. */
void unwind_prepare(void);

#endif
