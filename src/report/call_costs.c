/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree of stacks is walked once, callers before callees, with a count of how often each
 * function is on the way; what is below a stack has been added up before, from the last stack to
 * the first, since a caller has the lower index. So the work is one step for each frame of each
 * stack of the table, not of each trace, and depth costs nothing.
 */
#include "report/call_costs.h"

#include <stdlib.h>
#include <string.h>

struct walk {
	const struct functions *functions;
	const struct snapshot *snapshot;
	struct call_costs *costs;
	uint64_t (*itself)[COSTS], (*below)[COSTS]; /* by stack */
	uint32_t *first, *next;			    /* by stack: a tree of indexes; 0 ends */
	uint32_t *active;			    /* by function: how often it is on the way */
	struct map lines;			    /* (function, lineno, callee) -> index */
};

static struct cost_line *line_of(
	struct walk *walk, uint32_t function, uint32_t lineno, uint32_t callee)
{
	const uint32_t key[3] = {function, lineno, callee};
	struct call_costs *costs = walk->costs;
	bool added;
	uint64_t *index = map_add(&walk->lines, key, costs->lines.count, &added);

	if (added)
		*ARRAY_PUSH(&costs->lines) = (struct cost_line){
			.function = function, .lineno = lineno, .callee = callee};
	return &costs->lines.items[*index];
}

static void add_costs(uint64_t *to, const uint64_t *costs)
{
	for (int i = 0; i < COSTS; i++)
		to[i] += costs[i];
}

static void weigh(struct walk *walk, size_t moment)
{
	const struct snapshot *snapshot = walk->snapshot;

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];
		const struct counts *live = snapshot_counts(snapshot, moment, i);
		const uint64_t costs[COSTS] = {
			live->size, live->count, trace->total_size, trace->total_count};

		add_costs(walk->itself[trace->stack], costs);
		add_costs(walk->costs->total, costs);
	}
	memcpy(walk->below, walk->itself, snapshot->stacks.count * sizeof(*walk->below));
	for (size_t i = snapshot->stacks.count; i-- > 1;) {
		uint32_t parent = snapshot->stacks.items[i].parent;

		add_costs(walk->below[parent], walk->below[i]);
		walk->next[i] = walk->first[parent];
		walk->first[parent] = (uint32_t)i;
	}
}

static bool is_nothing(const uint64_t *costs)
{
	return !(costs[0] | costs[1] | costs[2] | costs[3]);
}

static const struct location *location_of(const struct walk *walk, uint32_t stack)
{
	return &walk->snapshot->locations.items[walk->snapshot->stacks.items[stack].location];
}

/* The call from a line into a function that goes on with STACK. */
static void call(
	struct walk *walk, uint32_t function, uint32_t lineno, uint32_t callee, uint32_t stack)
{
	const uint64_t *below = walk->below[stack];
	struct cost_line *line = line_of(walk, function, lineno, callee);

	line->calls += below[3] ? below[3] : 1;
	if (walk->active[callee]++ == 0)
		add_costs(line->costs, below);
}

static void enter(struct walk *walk, uint32_t stack)
{
	const struct snapshot *snapshot = walk->snapshot;
	const struct location *location = location_of(walk, stack);
	uint32_t parent = snapshot->stacks.items[stack].parent;
	uint32_t function = (uint32_t)walk->functions->items.count, lineno = 0;

	if (parent) {
		uint32_t at = location_of(walk, parent)->first_frame;

		function = walk->functions->by_frame[at];
		lineno = snapshot->frames.items[at].lineno;
	}
	for (uint32_t i = location->n_frames; i-- > 0;) {
		uint32_t at = location->first_frame + i, callee = walk->functions->by_frame[at];

		call(walk, function, lineno, callee, stack);
		function = callee;
		lineno = snapshot->frames.items[at].lineno;
	}
	if (!is_nothing(walk->itself[stack]))
		add_costs(line_of(walk, function, lineno, INDEX_NONE)->costs, walk->itself[stack]);
}

static void leave(struct walk *walk, uint32_t stack)
{
	const struct location *location = location_of(walk, stack);

	for (uint32_t i = 0; i < location->n_frames; i++)
		walk->active[walk->functions->by_frame[location->first_frame + i]]--;
}

/* Without recursion: a stack may be as deep as the table is long. */
static void walk_all(struct walk *walk)
{
	uint32_t at = 0, next = walk->first[0];

	for (;;) {
		while (next && is_nothing(walk->below[next]))
			next = walk->next[next];
		if (next) {
			at = next;
			enter(walk, at);
			next = walk->first[at];
			continue;
		}
		if (!at)
			return;
		leave(walk, at);
		next = walk->next[at];
		at = walk->snapshot->stacks.items[at].parent;
	}
}

/* Stacks of which not one frame is known. */
static void unknown(struct walk *walk)
{
	uint32_t function = walk->functions->unknown;
	struct cost_line *line;

	if (is_nothing(walk->itself[0]))
		return;
	add_costs(line_of(walk, function, 0, INDEX_NONE)->costs, walk->itself[0]);
	line = line_of(walk, (uint32_t)walk->functions->items.count, 0, function);
	line->calls += walk->itself[0][3] ? walk->itself[0][3] : 1;
	add_costs(line->costs, walk->itself[0]);
}

static int compare_lines(const void *a_data, const void *b_data)
{
	const struct cost_line *a = a_data, *b = b_data;

	if (a->function != b->function)
		return a->function < b->function ? -1 : 1;
	if ((a->callee == INDEX_NONE) != (b->callee == INDEX_NONE))
		return a->callee == INDEX_NONE ? -1 : 1;
	if (a->lineno != b->lineno)
		return a->lineno < b->lineno ? -1 : 1;
	return (a->callee > b->callee) - (a->callee < b->callee);
}

void call_costs_init(struct call_costs *costs, const struct functions *functions, size_t moment)
{
	const struct snapshot *snapshot = functions->snapshot;
	size_t n = snapshot->stacks.count;
	struct walk walk = {.functions = functions,
		.snapshot = snapshot,
		.costs = costs,
		.itself = xcalloc(n, sizeof(*walk.itself)),
		.below = xcalloc(n, sizeof(*walk.below)),
		.first = xcalloc(n, sizeof(uint32_t)),
		.next = xcalloc(n, sizeof(uint32_t)),
		.active = xcalloc(functions->items.count, sizeof(uint32_t)),
		.lines = {.key_size = 3 * sizeof(uint32_t)}};

	*costs = (struct call_costs){0};
	weigh(&walk, moment);
	walk_all(&walk);
	unknown(&walk);
	if (costs->lines.count)
		qsort(costs->lines.items, costs->lines.count, sizeof(struct cost_line),
			compare_lines);
	free(walk.itself);
	free(walk.below);
	free(walk.first);
	free(walk.next);
	free(walk.active);
	map_free(&walk.lines);
}

void call_costs_release(struct call_costs *costs)
{
	ARRAY_FREE(&costs->lines);
}
