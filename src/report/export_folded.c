/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folded stacks, "outer;…;inner N" a line, as flamegraph.pl and inferno read them. A frame is its
 * function; without one its file and line, or its module and address. Stacks that look the same are
 * one line, in the order of their first trace; those that weigh nothing are left out. What would
 * break a line is replaced: ';' in a name by ':', control characters by a space.
 */
#include <inttypes.h>
#include <stdlib.h>
#include "base/bytes.h"
#include "report/exporter.h"
#include "report/keys.h"
#include "report/label.h"
#include "report/metric.h"
#include "report/view.h"

struct fold {
	const struct snapshot *snapshot;
	struct keys keys;
	ARRAY(uint64_t) weights; /* by key */
	ARRAY(uint32_t) order;	 /* keys as they first came */
	struct buffer label;
	uint32_t *places; /* by frame of the snapshot: its place + 1, once made */
};

static uint32_t make_place(struct fold *fold, const struct view_frame *at)
{
	struct place place = {.kind = PLACE_MODULE};
	struct buffer *label = &fold->label;

	label->size = 0;
	label_frame(label, fold->snapshot, at);
	label_replace(label, 0, ';', ':');
	for (size_t i = 0; i < label->size; i++) {
		if (label->data[i] < 0x20 || label->data[i] == 0x7f)
			label->data[i] = ' ';
	}
	place.name = strings_add_bytes(fold->keys.strings, (const char *)label->data, label->size);
	return keys_place(&fold->keys, &place);
}

static uint32_t frame_place(struct fold *fold, const struct view_frame *at)
{
	uint32_t *known = &fold->places[at->frame - fold->snapshot->frames.items];
	if (!*known)
		*known = make_place(fold, at) + 1;
	return *known - 1;
}

/* Of all stacks, callers first: so a stack is one step from its caller's, whatever its depth. */
static uint32_t *stack_keys(struct fold *fold)
{
	const struct snapshot *snapshot = fold->snapshot;
	uint32_t *keys = xcalloc(snapshot->stacks.count, sizeof(*keys));

	for (size_t i = 1; i < snapshot->stacks.count; i++) {
		const struct stack *stack = &snapshot->stacks.items[i];
		const struct location *at = &snapshot->locations.items[stack->location];
		const struct frame *frames = &snapshot->frames.items[at->first_frame];

		keys[i] = keys[stack->parent];
		for (uint32_t k = at->n_frames; k-- > 0;)
			keys[i] = keys_add(&fold->keys, keys[i],
				frame_place(fold, &(struct view_frame){&frames[k], at}));
	}
	keys[0] = keys_add(&fold->keys, 0, make_place(fold, &(struct view_frame){NULL, NULL}));
	return keys;
}

static void key_write(const struct fold *fold, uint32_t key, struct out *out)
{
	const struct keys *keys = &fold->keys;
	ARRAY(uint32_t) places = {0};

	for (; key; key = keys->keys.items[key].parent)
		*ARRAY_PUSH(&places) = keys->keys.items[key].place;
	for (size_t i = places.count; i-- > 0;) {
		place_write(keys, &keys->places.items[places.items[i]], out);
		out_text(out, i ? ";" : " ");
	}
	ARRAY_FREE(&places);
}

static int write_folded(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct fold fold = {.snapshot = snapshot};
	struct view view;
	uint32_t *keys;

	(void)err; /* a sum over all traces fits: snapshot_check */
	view_init(&view, snapshot, query->moment, false);
	keys_init(&fold.keys);
	fold.places = xcalloc(snapshot->frames.count + 1, sizeof(*fold.places));
	keys = stack_keys(&fold);
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		uint64_t n = metric_weight(metric_counts(&view, i, query->metric), query->metric);
		uint32_t key;

		if (n == 0)
			continue;
		key = keys[snapshot->traces.items[i].stack];
		while (fold.weights.count <= key)
			ARRAY_PUSH(&fold.weights);
		if (fold.weights.items[key] == 0)
			*ARRAY_PUSH(&fold.order) = key;
		fold.weights.items[key] += n;
	}
	for (size_t i = 0; i < fold.order.count; i++) {
		key_write(&fold, fold.order.items[i], out);
		out_format(out, "%" PRIu64 "\n", fold.weights.items[fold.order.items[i]]);
	}
	keys_release(&fold.keys);
	buffer_free(&fold.label);
	free(fold.places);
	free(keys);
	ARRAY_FREE(&fold.weights);
	ARRAY_FREE(&fold.order);
	view_release(&view);
	return 0;
}

const struct exporter export_folded = {
	.name = "folded",
	.summary = "stacks for flame graphs, \"outer;…;inner N\"",
	.takes_metric = true,
	.takes_short = true,
	.takes_moment = true,
	.write = write_folded,
};
