/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A frame belongs to one location, so its spot is found once a frame; a stack's node once a stack, its caller's first, which has
 * the lower index. Only stacks of traces that filters keep get one.
 */
#include "report/html_stacks.h"

#include <stdlib.h>
#include "report/filter.h"
#include "report/placer.h"
#include "report/view.h"

/* The attributes of one frame, in the order of struct html_spot. */
enum { BY_FIELDS = 4 };
static const enum group_by fields[BY_FIELDS] = {BY_LINENO, BY_FILENAME, BY_FUNCTION, BY_MODULE};

struct adding {
	struct html_stacks *stacks;
	const struct snapshot *snapshot;
	struct view standard; /* hides what is marked SPOT_STANDARD */
	struct placer placers[BY_FIELDS];
	uint32_t *spots; /* by frame: spot + 1 */
	uint32_t *nodes; /* by stack: its node, of those that are wanted */
	uint8_t *wanted; /* by stack */
};

void html_stacks_init(struct html_stacks *stacks)
{
	*stacks = (struct html_stacks){
		.spot_map = MAP_INIT(struct html_spot),
		.node_map = MAP_INIT(struct html_node),
		.row_map = MAP_INIT(struct html_row),
	};
	keys_init(&stacks->keys);
	ARRAY_PUSH(&stacks->nodes);
}

void html_stacks_release(struct html_stacks *stacks)
{
	keys_release(&stacks->keys);
	ARRAY_FREE(&stacks->spots);
	ARRAY_FREE(&stacks->nodes);
	ARRAY_FREE(&stacks->rows);
	map_free(&stacks->spot_map);
	map_free(&stacks->node_map);
	map_free(&stacks->row_map);
}

static uint32_t add_spot(struct adding *adding, const struct view_frame *at)
{
	struct html_stacks *stacks = adding->stacks;
	uint32_t places[BY_FIELDS];
	struct html_spot spot = {0};
	bool added;
	uint64_t index;

	for (int i = 0; i < BY_FIELDS; i++)
		places[i] = placer_place(&adding->placers[i], at);
	spot.line = places[0];
	spot.file = places[1];
	spot.function = places[2];
	spot.module = places[3];
	if (at->frame) {
		spot.name = placer_string(&adding->placers[0], at->frame->function);
		spot.flags = (at->frame->flags & FRAME_INLINED ? SPOT_INLINED : 0) |
			     (view_hides(&adding->standard, at->frame) ? SPOT_STANDARD : 0);
	}
	if (!at->frame || (!at->frame->function && (at->frame->flags & FRAME_NO_LINE)))
		spot.flags |= SPOT_UNNAMED;
	index = *map_add(&stacks->spot_map, &spot, stacks->spots.count, &added);
	if (added)
		*ARRAY_PUSH(&stacks->spots) = spot;
	return (uint32_t)index;
}

static uint32_t add_node(struct html_stacks *stacks, uint32_t parent, uint32_t spot)
{
	struct html_node node = {parent, spot};
	bool added;
	uint64_t index = *map_add(&stacks->node_map, &node, stacks->nodes.count, &added);

	if (added)
		*ARRAY_PUSH(&stacks->nodes) = node;
	return (uint32_t)index;
}

static uint32_t frame_spot(struct adding *adding, uint32_t index, const struct location *location)
{
	struct view_frame at = {&adding->snapshot->frames.items[index], location};

	if (!adding->spots[index])
		adding->spots[index] = 1 + add_spot(adding, &at);
	return adding->spots[index] - 1;
}

static void add_nodes(struct adding *adding)
{
	const struct snapshot *snapshot = adding->snapshot;

	for (size_t i = snapshot->stacks.count; i-- > 1;) {
		if (adding->wanted[i])
			adding->wanted[snapshot->stacks.items[i].parent] = 1;
	}
	for (size_t i = 1; i < snapshot->stacks.count; i++) {
		const struct stack *stack = &snapshot->stacks.items[i];
		const struct location *location = &snapshot->locations.items[stack->location];
		uint32_t node;

		if (!adding->wanted[i])
			continue;
		node = stack->parent ? adding->nodes[stack->parent] : 0;
		for (uint32_t level = location->n_frames; level-- > 0;)
			node = add_node(adding->stacks, node,
				frame_spot(adding, location->first_frame + level, location));
		adding->nodes[i] = node;
	}
}

/* Of an empty stack, which is "<unknown>":0. */
static uint32_t unknown_node(struct adding *adding)
{
	struct view_frame unknown = {NULL, NULL};

	return add_node(adding->stacks, 0, add_spot(adding, &unknown));
}

static void add_rows(struct adding *adding, struct html_side *side)
{
	const struct snapshot *snapshot = adding->snapshot;
	struct html_stacks *stacks = adding->stacks;

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];
		struct html_row row;
		bool added;

		if (!side->row_of[i])
			continue;
		row.node = trace->stack ? adding->nodes[trace->stack] : unknown_node(adding);
		row.thread = placer_thread(&adding->placers[0], trace->thread);
		row.domain = snapshot->domains.items[trace->domain].id;
		side->row_of[i] = 1 + (uint32_t)*map_add(&stacks->row_map, &row, stacks->rows.count, &added);
		if (added)
			*ARRAY_PUSH(&stacks->rows) = row;
	}
}

/* Marks the traces that take part, and their stacks. */
static void sift(struct adding *adding, struct html_side *side, size_t moment, const struct query *query)
{
	const struct snapshot *snapshot = adding->snapshot;
	struct view view;
	struct sieve *sieve;

	view_init(&view, snapshot, moment, query->hide_standard);
	sieve = sieve_new(&query->filters, &view);
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];

		if (query->only_domain != QUERY_NO_DOMAIN &&
			query->only_domain != snapshot->domains.items[trace->domain].id)
			continue;
		if (!sieve_keeps(sieve, trace))
			continue;
		side->row_of[i] = 1;
		adding->wanted[trace->stack] = 1;
	}
	sieve_free(sieve);
	view_release(&view);
}

void html_stacks_add(struct html_stacks *stacks, struct html_side *side, const struct side *from, const struct query *query)
{
	const struct snapshot *snapshot = from->snapshot;
	struct adding adding = {
		.stacks = stacks,
		.snapshot = snapshot,
		.spots = xcalloc(snapshot->frames.count + 1, sizeof(uint32_t)),
		.nodes = xcalloc(snapshot->stacks.count + 1, sizeof(uint32_t)),
		.wanted = xcalloc(snapshot->stacks.count + 1, 1),
	};

	*side = (struct html_side){
		.snapshot = snapshot,
		.row_of = xcalloc(snapshot->traces.count + 1, sizeof(uint32_t)),
	};
	view_init(&adding.standard, snapshot, from->moment, true);
	for (int i = 0; i < BY_FIELDS; i++)
		placer_init(&adding.placers[i], &stacks->keys, snapshot, fields[i]);
	sift(&adding, side, from->moment, query);
	add_nodes(&adding);
	add_rows(&adding, side);
	for (int i = 0; i < BY_FIELDS; i++)
		placer_release(&adding.placers[i]);
	view_release(&adding.standard);
	free(adding.spots);
	free(adding.nodes);
	free(adding.wanted);
}

/* A column of one member of each item of an array. */
#define ADD_COLUMN(array_, item_type_, member_, name_)                                   \
	do {                                                                             \
		for (size_t i = 0; i < (array_)->count; i++)                             \
			values[i] = ((const item_type_ *)(array_)->items)[i].member_;    \
		html_columns_add(columns, values, (array_)->count, "%s", name_);         \
	} while (0)

void html_stacks_columns(const struct html_stacks *stacks, struct html_columns *columns)
{
	const struct keys *keys = &stacks->keys;
	size_t most = stacks->nodes.count + stacks->rows.count + stacks->spots.count + keys->places.count;
	uint64_t *values = xcalloc(most, sizeof *values);

	ADD_COLUMN(&keys->places, struct place, kind, "place_kind");
	ADD_COLUMN(&keys->places, struct place, name, "place_name");
	ADD_COLUMN(&keys->places, struct place, function, "place_function");
	ADD_COLUMN(&keys->places, struct place, lineno, "place_line");
	ADD_COLUMN(&keys->places, struct place, number, "place_number");
	ADD_COLUMN(&stacks->spots, struct html_spot, line, "spot_line");
	ADD_COLUMN(&stacks->spots, struct html_spot, file, "spot_file");
	ADD_COLUMN(&stacks->spots, struct html_spot, function, "spot_function");
	ADD_COLUMN(&stacks->spots, struct html_spot, module, "spot_module");
	ADD_COLUMN(&stacks->spots, struct html_spot, name, "spot_name");
	ADD_COLUMN(&stacks->spots, struct html_spot, flags, "spot_flags");
	ADD_COLUMN(&stacks->nodes, struct html_node, parent, "node_parent");
	ADD_COLUMN(&stacks->nodes, struct html_node, spot, "node_spot");
	ADD_COLUMN(&stacks->rows, struct html_row, node, "row_node");
	ADD_COLUMN(&stacks->rows, struct html_row, thread, "row_thread");
	ADD_COLUMN(&stacks->rows, struct html_row, domain, "row_domain");
	free(values);
}

void html_side_release(struct html_side *side)
{
	free(side->row_of);
}
