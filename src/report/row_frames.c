/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A row's traceback in full. tracemalloc knows a frame's file and line; we also know function,
 * module and address, which traces in one row need not share: only what they all agree on is told.
 * For rows by traceback the row's stacks are walked side by side here, and only for rows that are
 * printed; for the others the groups collected it on the way. Names are interned on either side, so
 * equal names have equal addresses.
 */
#include <stdlib.h>
#include <string.h>
#include "report/table.h"

static struct name name_of(const struct strings *strings, string_id id)
{
	return (struct name){strings_get(strings, id), strings_size(strings, id)};
}

/* A name where "" means unknown. */
static struct name known_name(const struct strings *strings, string_id id)
{
	return id ? name_of(strings, id) : (struct name){NULL, 0};
}

static struct row_frame one_frame(const struct snapshot *snapshot, const struct view_frame *at)
{
	const struct frame *frame = at->frame;
	struct row_frame one = {.filename = {SNAPSHOT_UNKNOWN, strlen(SNAPSHOT_UNKNOWN)}};

	if (!frame)
		return one;
	one.filename = name_of(snapshot->strings, frame->filename);
	one.function = known_name(snapshot->strings, frame->function);
	one.lineno = frame->lineno;
	one.inlined = (frame->flags & FRAME_INLINED) != 0;
	one.no_line = (frame->flags & FRAME_NO_LINE) != 0;
	one.has_address = at->location->has_address;
	one.address = at->location->address;
	if (at->location->module != INDEX_NONE)
		one.module = known_name(
			snapshot->strings, snapshot->modules.items[at->location->module].path);
	return one;
}

static void merge(struct row_frame *into, const struct row_frame *one)
{
	if (into->function.data != one->function.data)
		into->function = (struct name){NULL, 0};
	if (into->module.data != one->module.data)
		into->module = (struct name){NULL, 0};
	if (into->inlined != one->inlined)
		into->inlined = -1;
	if (!one->has_address || into->address != one->address)
		into->has_address = false;
}

/* Walks the stack of one trace from the most recent frame, which is the last of FRAMES. */
static void add_stack(
	struct row_frames *frames, const struct view *view, uint32_t stack, size_t depth)
{
	bool first = frames->all.count == 0;
	struct view_walk walk = view_walk(view, stack);
	struct view_frame at;

	while (first && frames->all.count < depth)
		ARRAY_PUSH(&frames->all);
	while (depth > 0 && view_next(&walk, &at)) {
		struct row_frame one = one_frame(view->snapshot, &at);
		struct row_frame *into = &frames->all.items[--depth];

		if (first)
			*into = one;
		else
			merge(into, &one);
	}
}

struct row_frames stack_frames(const struct view *view, uint32_t stack)
{
	struct view_walk walk = view_walk(view, stack);
	struct row_frames frames = {{0}};
	struct view_frame at;
	size_t depth = 0;

	while (view_next(&walk, &at))
		depth++;
	add_stack(&frames, view, stack, depth);
	return frames;
}

struct row_frames row_frames(const struct table *table, const struct row *row)
{
	const struct groups *groups = table->is_leaks ? &table->leaks[row->leak].now : row->now ? &table->groups_now :
												 &table->groups_before;
	const struct trace *traces = groups->view.snapshot->traces.items;
	size_t depth = table->keys.keys.items[row->key].depth;
	struct row_frames frames = {{0}};

	if (query_by_whom(table->query->by) || table->query->by == BY_SIZE)
		return frames;
	if (table->query->by != BY_TRACEBACK) {
		*ARRAY_PUSH(&frames.all) = sight_frame(
			&table->keys, keys_oldest(&table->keys, row->key), &row_facts(row)->sight, table->query->by);
		return frames;
	}
	for (uint32_t trace = row_facts(row)->last_trace; trace != INDEX_NONE;
		trace = groups->previous[trace])
		add_stack(&frames, &groups->view, traces[trace].stack, depth);
	return frames;
}
