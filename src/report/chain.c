/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From stacks to chains, without recursion: a stack may be 65535 frames deep.
 */
#include "report/chain.h"

#include <stdlib.h>

void chains_init(struct chains *chains, struct keys *keys, struct placer *placer, const struct view *view)
{
	*chains = (struct chains){.keys = keys, .placer = placer, .view = view};
	chains->kept = xcalloc(view->snapshot->stacks.count, sizeof(uint32_t));
}

void chains_release(struct chains *chains)
{
	free(chains->kept);
}

static uint32_t add(struct chains *chains, uint32_t key, const struct view_frame *frame)
{
	key = keys_add(chains->keys, key, placer_place(chains->placer, frame));
	if (chains->seen)
		chains->seen(chains->data, key, frame);
	return key;
}

/* The chain of a stack's frames behind that of its callers, without those that the view hides. */
static uint32_t add_location(struct chains *chains, uint32_t key, uint32_t stack)
{
	const struct snapshot *snapshot = chains->view->snapshot;
	uint32_t index = snapshot->stacks.items[stack].location;
	const struct location *location = &snapshot->locations.items[index];

	for (uint32_t i = location->n_frames; i-- > 0;) {
		struct view_frame frame = {
			&snapshot->frames.items[location->first_frame + i], location};

		if (!view_hides(chains->view, frame.frame))
			key = add(chains, key, &frame);
	}
	return key;
}

/* The chain of a stack whole, where the view's rule for stacks with nothing to see applies. */
static uint32_t walk_whole(struct chains *chains, uint32_t stack)
{
	struct view_walk walk = view_walk(chains->view, stack);
	ARRAY(struct view_frame) frames = {0};
	struct view_frame frame;
	uint32_t key = 0;

	while (view_next(&walk, &frame))
		*ARRAY_PUSH(&frames) = frame;
	while (frames.count)
		key = add(chains, key, &frames.items[--frames.count]);
	ARRAY_FREE(&frames);
	return key;
}

uint32_t chain_of(struct chains *chains, uint32_t leaf)
{
	const struct stack *stacks = chains->view->snapshot->stacks.items;
	ARRAY(uint32_t) path = {0};
	uint32_t stack = leaf, key;

	if (!view_sees(chains->view, leaf))
		return walk_whole(chains, leaf);
	for (; stack && !chains->kept[stack]; stack = stacks[stack].parent)
		*ARRAY_PUSH(&path) = stack;
	key = stack ? chains->kept[stack] - 1 : 0;
	while (path.count) {
		stack = path.items[--path.count];
		key = add_location(chains, key, stack);
		chains->kept[stack] = key + 1;
	}
	ARRAY_FREE(&path);
	return key;
}
