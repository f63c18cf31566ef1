/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How deep a stack is that is too deep to be kept, without walking all of it every time.
 *
 * A walk that has its frames and only counts on writes down where it found each further one. The
 * next walk, when it meets a frame that stands where it stood, looks whether the frames behind that
 * one do, too: then the rest is what it was, and its depth is known. A frame stands if its return
 * address and the word below (the frame pointer that the callee saved, in code that has one) are in
 * memory as they were. Where a frame's size follows from its pc, or its frame pointer was saved
 * there, the next frame is then the same one, and so on: the nearest DEPTH_CHECKED are all looked
 * at, of those behind them every DEPTH_EVERY-th. So deep recursion costs each request the same.
 *
 *	frames:  | root … leaf |  free  | frames of the walk under way, leaf first from the end |
 *
 * Memory comes from the caller, all zeros. Needs nothing else, so that it can be tested by itself.
 */
#ifndef SHIM_DEPTH_H
#define SHIM_DEPTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DEPTH_FRAMES = 1 << 19, DEPTH_CHECKED = 1024, DEPTH_EVERY = 256 };

struct depth_frame {
	uintptr_t sp; /* its pc, a return address, stands just below */
	uint64_t pc;
	uint64_t below; /* what stands below that */
};

struct depth {
	uint32_t count, fresh; /* of known ones; of those of the walk under way */
	bool full;	       /* the walk under way found no room for a frame */
	struct depth_frame frames[DEPTH_FRAMES];
};

/* A walk begins to count. */
void depth_begin(struct depth *depth);
/* It is at the frame whose return address PC stands below SP. Not 0: there are that many frames
 * from the root to it, itself included, and the walk may end. */
uint64_t depth_meet(struct depth *depth, uintptr_t sp, uint64_t pc);
/* The walk has come to the root, or to a frame that it met. */
void depth_end(struct depth *depth, bool met);

#endif
