/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What functions cost by themselves and what they cost by their calls: stacks as a graph of
 * functions, which is how callgrind tells them.
 *
 * A call costs all that was allocated below it. Where a function is on the stack already, the inner
 * call costs nothing, so that the calls into a function add up to what it costs in all: recursion
 * counts once. Every outermost function is called by a root of its own, for the same reason.
 */
#ifndef REPORT_CALL_COSTS_H
#define REPORT_CALL_COSTS_H

#include "report/functions.h"

#define COSTS 4 /* live bytes, live blocks, bytes and blocks ever allocated */

struct cost_line {
	uint32_t function; /* functions.items.count: the root */
	uint32_t lineno;   /* in it */
	uint32_t callee;   /* INDEX_NONE: what the function allocates itself */
	uint64_t calls;	   /* allocations that went this way */
	uint64_t costs[COSTS];
};

struct call_costs {
	ARRAY(struct cost_line)
	lines; /* by function, then its own before its calls, by line and callee */
	uint64_t total[COSTS];
};

/* FUNCTIONS are the snapshot's. */
void call_costs_init(struct call_costs *costs, const struct functions *functions, size_t moment);
void call_costs_release(struct call_costs *costs);

#endif
