/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walking stacks. Which frames are hidden is decided once a frame, and which stacks would have none
 * left once a stack, from the outermost inwards (a parent has the lower index); a view that hides
 * nothing costs nothing.
 */
#include "report/view.h"

#include <stdlib.h>
#include <string.h>
#include "report/standard.h"

static bool location_visible(const struct view *view, uint32_t index)
{
	const struct location *location = &view->snapshot->locations.items[index];

	for (uint32_t i = 0; i < location->n_frames; i++) {
		if (!view->hidden[location->first_frame + i])
			return true;
	}
	return false;
}

static void hide_standard(struct view *view)
{
	const struct snapshot *snapshot = view->snapshot;
	uint8_t *modules = xcalloc(snapshot->modules.count + 1, 1);

	for (size_t i = 0; i < snapshot->modules.count; i++)
		modules[i] = standard_module(snapshot, &snapshot->modules.items[i]);
	for (size_t i = 0; i < snapshot->frames.count; i++)
		view->hidden[i] = standard_frame(snapshot, &snapshot->frames.items[i]);
	for (size_t i = 0; i < snapshot->locations.count; i++) {
		const struct location *location = &snapshot->locations.items[i];

		if (location->module != INDEX_NONE && modules[location->module])
			memset(view->hidden + location->first_frame, 1, location->n_frames);
	}
	free(modules);
}

void view_init(struct view *view, const struct snapshot *snapshot, size_t moment, bool hide)
{
	*view = (struct view){.snapshot = snapshot, .moment = moment, .hides = hide};
	if (!hide)
		return;
	view->hidden = xcalloc(snapshot->frames.count + 1, 1);
	view->visible = xcalloc(snapshot->stacks.count, 1);
	hide_standard(view);
	for (size_t i = 1; i < snapshot->stacks.count; i++) {
		const struct stack *stack = &snapshot->stacks.items[i];

		view->visible[i] =
			view->visible[stack->parent] || location_visible(view, stack->location);
	}
}

void view_release(struct view *view)
{
	free(view->hidden);
	free(view->visible);
}

struct view_walk view_walk(const struct view *view, uint32_t stack)
{
	return (struct view_walk){
		.view = view,
		.stack = stack,
		.hides = view->hides && view_sees(view, stack),
	};
}

bool view_next(struct view_walk *walk, struct view_frame *frame)
{
	const struct snapshot *snapshot = walk->view->snapshot;

	while (walk->stack) {
		const struct stack *stack = &snapshot->stacks.items[walk->stack];
		const struct location *location = &snapshot->locations.items[stack->location];
		uint32_t index = location->first_frame + walk->level;

		if (++walk->level >= location->n_frames) {
			walk->stack = stack->parent;
			walk->level = 0;
		}
		if (walk->hides && walk->view->hidden[index])
			continue;
		walk->begun = true;
		*frame = (struct view_frame){&snapshot->frames.items[index], location};
		return true;
	}
	if (walk->begun)
		return false;
	walk->begun = true;
	*frame = (struct view_frame){NULL, NULL};
	return true;
}

struct view_frame view_leaf(const struct view *view, uint32_t stack)
{
	struct view_walk walk = view_walk(view, stack);
	struct view_frame frame;

	view_next(&walk, &frame);
	return frame;
}
