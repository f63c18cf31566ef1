/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The call tree of a snapshot, or of what changed between two: who called whom, and what was allocated below. From the root,
 * a node is a frame in the chain of its callers; inverted, it is a frame in the chain of those that it called, and the first
 * nodes are the places that allocate.
 *
 *                     root 90                      inverted:        root 90
 *                     └─ main 90                                    ├─ make 60
 *                        ├─ load 60                                 │  └─ load 60
 *                        │  └─ make 60                              │     └─ main 60
 *                        └─ init 30                                 └─ init 30
 *                                                                      └─ main 30
 *
 * Invariants: a node's total is its self plus the totals of its children, so the root's is what `top` tells of the same
 * question; a node's parent has a lower number; a function that calls itself has a node for each call.
 *
 * What weighs less than a threshold is left out when it is shown, and told as one sum; nothing is left out of the sums.
 */
#ifndef REPORT_TREE_H
#define REPORT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "report/exporter.h"
#include "report/keys.h"
#include "report/query.h"
#include "report/sight.h"
#include "report/table.h"

#define TREE_PERCENT_DEFAULT 1

struct tree_query {
	const struct query *query; /* of it: by (lineno or function), filters, only_domain, hide_standard, full_names */
	enum metric metric;
	bool inverted;
	bool has_weight;   /* the threshold is WEIGHT, in bytes or blocks as the metric has it; else PERCENT of the root's */
	uint64_t weight;
	double percent;
	uint64_t depth;	   /* frames shown of a path; 0 all */
	bool full;	   /* tables show each frame of long runs */
};

struct tree_sum {
	int64_t size, count;
};

struct tree_node {
	uint32_t parent; /* of the root: itself */
	uint32_t depth;	 /* 0: the root */
	uint32_t children, n_children; /* those from order[children] on, the heaviest first */
	uint32_t n_shown;	       /* of them that are; they are the first ones */
	uint32_t position;	       /* in order */
	struct tree_sum self, total;
	struct tree_sum old_self, old_total; /* of a difference */
	uint64_t weight; /* what the threshold is held against: by the metric its total, of a difference all that moved in it */
};

struct tree {
	const struct tree_query *query; /* the caller's */
	bool is_diff;
	struct side now, before;
	struct keys keys;	/* key N is node N */
	ARRAY(struct tree_node) nodes; /* nodes.items[0] is the root */
	ARRAY(struct sight) sights;    /* by node */
	uint32_t *order;	/* nodes by parent, then by weight */
	uint64_t threshold;
};

/* BEFORE may be NULL. -1 when a sum is over INT64_MAX. To be released either way. */
int tree_make(struct tree *tree, const struct tree_query *query, const struct side *before, const struct side *now,
	struct error *err);
void tree_release(struct tree *tree);

/* What a node is of; not of the root. */
struct row_frame tree_frame(const struct tree *tree, uint32_t node);
/* The sum of a node's children that are not shown; how many these are. */
uint32_t tree_others(const struct tree *tree, uint32_t node, struct tree_sum *now, struct tree_sum *old);
/* What the metric weighs of a sum. */
int64_t tree_weight(const struct tree *tree, const struct tree_sum *sum);
/* Whether a node has lines of its own below it beside one child's: its own blocks, when they are over the threshold. */
bool tree_shows_self(const struct tree *tree, uint32_t node);

/* "1%", "0.5%", "64K", "100". */
int tree_threshold_parse(struct tree_query *query, const char *text, struct error *err);

/* Steps through what is shown: a node, then its children with theirs. */
struct tree_walk {
	const struct tree *tree;
	uint32_t node; /* private, as is what follows */
	int state;
};
enum tree_step {
	TREE_END,
	TREE_NODE,   /* a node */
	TREE_SELF,   /* its own blocks, which come before its children */
	TREE_OTHERS, /* those of its children that are left out, which come behind the others */
};
enum tree_step tree_next(struct tree_walk *walk, uint32_t *node);

#endif
