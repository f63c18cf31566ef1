/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A snapshot at one moment, with the frames that somebody wants to see: the view hides the frames
 * of allocators and of the C++ library when asked to. Everything that walks stacks walks them
 * through here, so filters, groups and exports agree about what a block's most recent frame is.
 *
 * A stack always has at least one frame: where nothing is known (the empty stack) it is
 * "<unknown>":0, and where everything would be hidden nothing is.
 */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "model/snapshot.h"

struct view {
	const struct snapshot *snapshot;
	size_t moment;
	uint32_t leaks;	  /* 0; or 1 + an enum leak_kind: only the blocks that were found to be so */
	bool hides;	  /* private, as is what follows */
	uint8_t *hidden;  /* by frame: whether it is left out */
	uint8_t *visible; /* by stack: whether it has a frame that is not */
};

/* One frame of a stack; both NULL stand for "<unknown>":0. */
struct view_frame {
	const struct frame *frame;
	const struct location *location;
};

void view_init(struct view *view, const struct snapshot *snapshot, size_t moment, bool hide);
void view_release(struct view *view);

/* Steps from the most recent frame outwards. */
struct view_walk {
	const struct view *view;
	uint32_t stack, level; /* the next one */
	bool hides, begun;
};

struct view_walk view_walk(const struct view *view, uint32_t stack);
/* False behind the oldest frame; the first call never is. */
bool view_next(struct view_walk *walk, struct view_frame *frame);
struct view_frame view_leaf(const struct view *view, uint32_t stack);

/* Whether the stack has a frame that the view does not hide; false for the empty one. Only then are
 * hidden frames left out of it. */
static inline bool view_sees(const struct view *view, uint32_t stack)
{
	return stack && (!view->hides || view->visible[stack]);
}
static inline bool view_hides(const struct view *view, const struct frame *frame)
{
	return view->hides && view->hidden[frame - view->snapshot->frames.items];
}

/* The live blocks of a trace at the view's moment, or its leaks of the view's kind. */
static inline struct counts view_counts(const struct view *view, size_t trace)
{
	if (view->leaks)
		return snapshot_leak(view->snapshot, (uint32_t)trace, view->leaks - 1);
	return *snapshot_counts(view->snapshot, view->moment, trace);
}

/* Of those as estimates; of leaks, which are not sampled, none. */
static inline struct variance view_variance(const struct view *view, size_t trace)
{
	if (view->leaks || !view->snapshot->sampling.count)
		return (struct variance){0, 0};
	return snapshot_variance(view->snapshot, view->moment, trace);
}

#endif
