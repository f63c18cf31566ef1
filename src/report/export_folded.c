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
	uint32_t *known;

	if (!at->frame)
		return make_place(fold, at);
	known = &fold->places[at->frame - fold->snapshot->frames.items];
	if (!*known)
		*known = make_place(fold, at) + 1;
	return *known - 1;
}

static uint32_t stack_key(struct fold *fold, const struct view *view, uint32_t stack)
{
	struct view_walk walk = view_walk(view, stack);
	ARRAY(uint32_t) places = {0};
	struct view_frame frame;
	uint32_t key = 0;

	while (view_next(&walk, &frame))
		*ARRAY_PUSH(&places) = frame_place(fold, &frame);
	while (places.count)
		key = keys_add(&fold->keys, key, places.items[--places.count]);
	ARRAY_FREE(&places);
	return key;
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

	(void)err; /* a sum over all traces fits: snapshot_check */
	view_init(&view, snapshot, query->moment, false);
	keys_init(&fold.keys);
	fold.places = xcalloc(snapshot->frames.count + 1, sizeof(*fold.places));
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		uint64_t n = metric_weight(metric_counts(&view, i, query->metric), query->metric);
		uint32_t key;

		if (n == 0)
			continue;
		key = stack_key(&fold, &view, snapshot->traces.items[i].stack);
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
