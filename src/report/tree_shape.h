/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a tree is drawn: which lines there are and where they branch. Only where a path forks it goes one level to the right,
 * since native stacks are long chains that fork seldom:
 *
 *      all                          level 0
 *      main                         0, straight on from its caller
 *      ├─ load                      1, a branch
 *      │  read                      1, straight on
 *      │  ├─ (itself)               2, what read holds itself
 *      │  ├─ parse                  2
 *      │  └─ 3 others               2, the last one
 *      └─ init                      1
 *
 * Straight on there is no line for what the path loses on its way, which is under the threshold; the numbers tell it.
 */
#ifndef REPORT_TREE_SHAPE_H
#define REPORT_TREE_SHAPE_H

#include "report/tree.h"

struct tree_line {
	enum tree_step step;
	uint32_t node;	 /* that it is, or whose itself or others it is */
	uint32_t level;
	bool branch;	 /* else straight on */
	bool last;	 /* a branch, behind which the level has no other */
	bool cut;	 /* a node of which nothing below is shown, though there is something */
	uint32_t run, run_length; /* of a node: which one of how many that go straight on */
};

struct tree_shape {
	struct tree_walk walk; /* private, as is what follows */
	uint32_t *levels;      /* by node */
	uint32_t run, run_length;
	ARRAY(bool) open; /* by level - 1: whether the path's branch there is not the last one */
};

void tree_shape_init(struct tree_shape *shape, const struct tree *tree);
void tree_shape_release(struct tree_shape *shape);
/* False behind the last line. */
bool tree_shape_next(struct tree_shape *shape, struct tree_line *line);
/* Whether a bar is to be drawn for LEVEL (>= 1, at most the line's own where that goes straight on) of the last line. */
bool tree_shape_open(const struct tree_shape *shape, uint32_t level);

#endif
