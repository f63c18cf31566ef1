/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one level of a thread remembers of its last walk, so that the next one unwinds only what is
 * new (unwind.c).
 *
 *	frames:  root … leaf      of the last walk; the first n_kept may be met again
 *	cells:   what of the stack's memory led from each frame to its caller, in the same order
 *	fresh:   leaf first, the frames of the walk under way
 *
 * The induction. A frame's caller follows from its pc, its rsp, its rbp if that matters, the row of
 * its pc, and the words of the stack that its cells list. If a new walk comes to a frame with the
 * pc, rsp and rbp of a kept one, and all cells from there to the root hold what they held, then the
 * rest of the walk is the same: whoever wrote those words, and whatever happened in between.
 *
 * rbp matters to a frame (`live`) if its row uses it, or if its row leaves it alone and it matters
 * to the caller. Where it does not matter the kept value may be out of date.
 *
 * Memory: 147 bytes a frame of the deepest stack yet, doubled as it is needed. Nothing is shared:
 * whoever holds the level holds its trail.
 */
#ifndef SHIM_TRAIL_H
#define SHIM_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "shim/real.h"

enum {
	TRAIL_FIRST = 64, /* frames that there is room for in the beginning */
	TRAIL_MOST = 1 << 19,
	TRAIL_CELLS = 3, /* at most, of one frame */
};

/* Offsets in the struct ucontext that the frame of a signal begins with. */
enum { CONTEXT_R8 = 40, CONTEXT_RBP = 120, CONTEXT_RSP = 160, CONTEXT_RIP = 168 };

struct trail_frame {
	uint64_t
		pc; /* as it is told: a return address, an interrupted pc + 1; 0: nobody, the end */
	uint64_t rsp, rbp;
	uint64_t hash;	     /* of the frames from the root to this one, see stacks.c */
	uint32_t id;	     /* the trace id of these frames, 0: not known here */
	uint32_t row;	     /* see cfi.h */
	uint32_t depth;	     /* how many frames there are to this one, without the shim's own */
	uint32_t cells : 31; /* how many cells lead from this one to the root */
	uint32_t live : 1;
};

/* Where a walk stands, and what its next step needs to know. */
struct unwind_state {
	uint64_t pc; /* as trail_frame has it */
	uint64_t rsp, rbp;
};

struct trail_cell {
	uint64_t address, value;
};

struct trail {
	struct trail_frame *frames, *fresh;
	struct trail_cell *cells;
	uint8_t *runs; /* of each cell: how many, it and those before it, lie in one page; at most
			  255 */
	uint32_t n, n_kept, capacity;
	uint32_t left; /* the first frames, that the last walk took over from the one before */
	bool broken;   /* the last walk ended where nothing says who the caller is */
	bool grown;    /* its memory is its own, not a part of the level's */
	uint64_t seed; /* of the modules, that its hashes begin with */
	uint64_t low;  /* the lowest leaf of this stack */
	uint64_t proven_low, proven_high; /* of it, what was found to be readable; 0, 0: nothing */
};

/* The bytes of a trail of CAPACITY frames; the first one's are given to trail_init, zeros. */
static inline size_t trail_bytes(uint32_t capacity)
{
	return capacity *
	       (2 * sizeof(struct trail_frame) + TRAIL_CELLS * (sizeof(struct trail_cell) + 1));
}
void trail_init(struct trail *trail, void *memory);
/* Room for twice as many; N_FRESH frames of the walk under way move along. False: there is none. */
bool trail_grow(struct trail *trail, uint32_t n_fresh);
/* Gives back what trail_grow took. */
void trail_release(const struct trail *trail);

/* The fresh frames, N_FRESH, take their place behind the first LEFT of the last walk, with their
 * cells, live, depth, hash. */
void trail_take(struct trail *trail, uint32_t left, uint32_t n_fresh);
/* All hashes anew, beginning with SEED. */
void trail_rehash(struct trail *trail, uint64_t seed);
/* Not 0: it has changed. */
static inline uint64_t trail_difference(const struct trail_cell *cell)
{
	return *(const volatile uint64_t *)cell->address ^ cell->value;
}

static inline uint64_t trail_mix(uint64_t hash, uint64_t pc)
{
	hash = (hash ^ pc) * 0x9FB21C651E98DF25ull;
	return hash ^ hash >> 29;
}

static inline bool trail_is_same4(const struct trail_cell *cells)
{
	return !(trail_difference(&cells[0]) | trail_difference(&cells[1]) |
		 trail_difference(&cells[2]) | trail_difference(&cells[3]));
}

static inline bool trail_is_same8(const struct trail_cell *cells)
{
	return !((trail_difference(&cells[0]) | trail_difference(&cells[1]) |
			 trail_difference(&cells[2]) | trail_difference(&cells[3])) |
		 (trail_difference(&cells[4]) | trail_difference(&cells[5]) |
			 trail_difference(&cells[6]) | trail_difference(&cells[7])));
}

/* Of the cells [0, N): 1 + the index of the one nearest to the leaf that has changed; 0: none. A
 * cell may be read only once all that are nearer to the leaf were found unchanged: only then it
 * surely lies in a frame that is there. Eight are compared at a time where all of them lie in one
 * page, since the first then makes the others readable. Cost: a quarter of a nanosecond a cell. */
static inline uint32_t trail_changed(const struct trail *trail, uint32_t n)
{
	const struct trail_cell *cells = trail->cells;

	while (n > 0) {
		uint32_t end = n - trail->runs[n - 1];

		while (n - end >= 8 && __builtin_expect(trail_is_same8(&cells[n - 8]), 1))
			n -= 8;
		if (n - end >= 4 && __builtin_expect(trail_is_same4(&cells[n - 4]), 1))
			n -= 4;
		for (; n > end; n--)
			if (__builtin_expect(trail_difference(&cells[n - 1]) != 0, 0))
				return n;
	}
	return 0;
}

/* Is it a frame of the program's? */
static inline bool trail_is_told(const struct trail_frame *frame)
{
	return frame->pc && !real_is_shim(frame->pc);
}

static inline const struct trail_frame *trail_leaf(const struct trail *trail)
{
	return &trail->frames[trail->n - 1];
}

#endif
