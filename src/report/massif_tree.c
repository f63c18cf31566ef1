/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A node is a set of stacks that are the same up to its depth, one stretch of an array. Its
 * children are made by counting: bytes and stacks by the next frame, then the stretch is sorted so
 * that each child has a stretch of its own. Children below the threshold are only counted, so all
 * work is a pass over the array for each level, whatever the number of stacks.
 */
#include "report/massif_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/digits.h"
#include "report/label.h"

#define THRESHOLD_PERCENT 1
#define UNKNOWN UINT32_MAX /* level of an empty stack, whose one frame is not known */

struct item {
	uint32_t stack,
		level; /* the next frame outwards; stack 0: there is none, but for UNKNOWN */
	uint64_t size;
};

struct child {
	uint32_t frame; /* frames.count: unknown */
	uint64_t size;
	size_t count, begin; /* its stretch */
	bool kept;
};

struct tree {
	struct buffer *text;
	const struct functions *functions;
	const struct snapshot *snapshot;
	uint64_t total;
	struct item *items, *spare;
	uint32_t *slots; /* by frame: which child + 1, while a node is taken apart */
};

struct children {
	struct child *items;
	size_t count, capacity;
	size_t n_kept;
	struct child left_out; /* of those that are not kept: size; count of places */
};

static uint32_t next_frame(const struct tree *tree, const struct item *item)
{
	const struct snapshot *snapshot = tree->snapshot;
	uint32_t at = snapshot->stacks.items[item->stack].location;

	if (item->level == UNKNOWN)
		return (uint32_t)snapshot->frames.count;
	return snapshot->locations.items[at].first_frame + item->level;
}

static bool has_ended(const struct item *item)
{
	return !item->stack && item->level != UNKNOWN;
}

static void step(const struct tree *tree, struct item *item)
{
	const struct stack *stack = &tree->snapshot->stacks.items[item->stack];

	if (item->level != UNKNOWN &&
		++item->level < tree->snapshot->locations.items[stack->location].n_frames)
		return;
	item->stack = stack->parent;
	item->level = 0;
}

static void count_children(
	struct tree *tree, struct item *items, size_t n, struct children *children)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t frame, *slot;

		if (has_ended(&items[i]))
			continue;
		frame = next_frame(tree, &items[i]);
		slot = &tree->slots[frame];
		if (!*slot) {
			*ARRAY_PUSH(children) = (struct child){.frame = frame};
			*slot = (uint32_t)children->count;
		}
		children->items[*slot - 1].size += items[i].size;
		children->items[*slot - 1].count++;
	}
}

static int heavier(const void *a_data, const void *b_data)
{
	const struct child *a = a_data, *b = b_data;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return (a->frame > b->frame) - (a->frame < b->frame);
}

/* The kept ones first; the slots then tell where each frame's child is. */
static void choose_children(struct tree *tree, struct children *children)
{
	size_t begin = 0;

	if (children->count)
		qsort(children->items, children->count, sizeof(struct child), heavier);
	for (size_t i = 0; i < children->count; i++) {
		struct child *child = &children->items[i];

		child->kept = (unsigned __int128)child->size * 100 >=
			      (unsigned __int128)tree->total * THRESHOLD_PERCENT;
		tree->slots[child->frame] = (uint32_t)i + 1;
		if (child->kept) {
			child->begin = begin;
			begin += child->count;
			child->count = 0; /* grows again as the stretch is filled */
			children->n_kept++;
		} else {
			children->left_out.size += child->size;
			children->left_out.count++;
		}
	}
}

/* Sorts the stacks into the stretches of the kept children, one frame on. */
static void fill_children(
	struct tree *tree, struct item *items, size_t n, struct children *children)
{
	size_t filled = 0;

	for (size_t i = 0; i < n; i++) {
		struct child *child;

		if (has_ended(&items[i]))
			continue;
		child = &children->items[tree->slots[next_frame(tree, &items[i])] - 1];
		if (!child->kept)
			continue;
		tree->spare[child->begin + child->count] = items[i];
		step(tree, &tree->spare[child->begin + child->count]);
		child->count++;
		filled++;
	}
	memcpy(items, tree->spare, filled * sizeof(*items));
	for (size_t i = 0; i < children->count; i++)
		tree->slots[children->items[i].frame] = 0;
}

static void begin_line(struct tree *tree, unsigned depth, size_t n_children, uint64_t size)
{
	for (unsigned i = 0; i < depth; i++)
		buffer_u8(tree->text, ' ');
	buffer_u8(tree->text, 'n');
	digits_decimal(tree->text, n_children);
	buffer_bytes(tree->text, ": ", 2);
	digits_decimal(tree->text, size);
	buffer_u8(tree->text, ' ');
}

static void append(struct tree *tree, const char *text)
{
	buffer_bytes(tree->text, text, strlen(text));
}

static void append_id(struct tree *tree, string_id id)
{
	const struct strings *strings = tree->functions->strings;

	buffer_bytes(tree->text, strings_get(strings, id), strings_size(strings, id));
}

static uint64_t address_of(const struct snapshot *snapshot, uint32_t frame)
{
	size_t low = 0, high = snapshot->locations.count;

	/* Locations have their frames in order. */
	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (snapshot->locations.items[middle].first_frame <= frame)
			low = middle;
		else
			high = middle;
	}
	return snapshot->locations.items[low].has_address ? snapshot->locations.items[low].address
							  : 0;
}

/* "0x4005BB: pool_new (pool.c:77)", as massif writes places. */
static void append_place(struct tree *tree, uint32_t frame)
{
	const struct function *function =
		&tree->functions->items.items[tree->functions->by_frame[frame]];
	char number[40];

	if (frame == tree->snapshot->frames.count) {
		append(tree, "0x0: ??? (?\?\?)"); /* else a trigraph */
		return;
	}
	snprintf(number, sizeof(number), "0x%" PRIX64 ": ", address_of(tree->snapshot, frame));
	append(tree, number);
	if (function->named)
		append_id(tree, function->name);
	else
		append(tree, "???");
	append(tree, " (");
	if (function->file) {
		append_id(tree, function->file);
		snprintf(number, sizeof(number), ":%" PRIu32,
			tree->snapshot->frames.items[frame].lineno);
		append(tree, number);
	} else if (function->module) {
		append(tree, "in ");
		append_id(tree, function->module);
	} else {
		append(tree, "???");
	}
	append(tree, ")");
}

static void append_left_out(struct tree *tree, unsigned depth, const struct child *left_out)
{
	char text[100];

	begin_line(tree, depth, 0, left_out->size);
	snprintf(text, sizeof(text), "in %zu place%s, %sbelow massif's threshold (%d.00%%)\n",
		left_out->count, left_out->count == 1 ? "" : "s",
		left_out->count == 1 ? "" : "all ", THRESHOLD_PERCENT);
	append(tree, text);
}

/* ITSELF is NULL for the root. */
static void node(
	struct tree *tree, struct item *items, size_t n, const struct child *itself, unsigned depth)
{
	struct children children = {0};
	size_t line;

	if (depth < MASSIF_DEPTH_MAX) {
		count_children(tree, items, n, &children);
		choose_children(tree, &children);
		fill_children(tree, items, n, &children);
	}
	begin_line(tree, depth, children.n_kept + (children.left_out.count > 0),
		itself ? itself->size : tree->total);
	line = tree->text->size;
	if (itself)
		append_place(tree, itself->frame);
	else
		append(tree, "(heap allocation functions) malloc/new/new[], --alloc-fns, etc.");
	label_replace(tree->text, line, '#', '@'); /* begins a comment, wherever it stands */
	append(tree, "\n");
	for (size_t i = 0; i < children.n_kept; i++)
		node(tree, items + children.items[i].begin, children.items[i].count,
			&children.items[i], depth + 1);
	if (children.left_out.count)
		append_left_out(tree, depth + 1, &children.left_out);
	free(children.items);
}

void massif_tree(struct buffer *text, const struct functions *functions, size_t moment)
{
	const struct snapshot *snapshot = functions->snapshot;
	struct tree tree = {.text = text, .functions = functions, .snapshot = snapshot};
	size_t n = 0;

	tree.items = xcalloc(snapshot->traces.count + 1, sizeof(*tree.items));
	tree.spare = xcalloc(snapshot->traces.count + 1, sizeof(*tree.spare));
	tree.slots = xcalloc(snapshot->frames.count + 1, sizeof(*tree.slots));
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		uint64_t size = snapshot_counts(snapshot, moment, i)->size;
		uint32_t stack = snapshot->traces.items[i].stack;

		if (size == 0)
			continue;
		tree.items[n++] = (struct item){stack, stack ? 0 : UNKNOWN, size};
		tree.total += size;
	}
	node(&tree, tree.items, n, NULL, 0);
	free(tree.items);
	free(tree.spare);
	free(tree.slots);
}
