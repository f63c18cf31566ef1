/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names are interned among the keys, so what differs is found by numbers.
 */
#include "report/sight.h"

void sight_add(struct sight *sight, struct placer *placer, const struct view_frame *at)
{
	struct sight one = {.seen = true};

	if (at->frame) {
		one.function = placer_string(placer, at->frame->function);
		one.inlined = (at->frame->flags & FRAME_INLINED) != 0;
		one.has_address = at->location->has_address;
		one.address = at->location->address;
	}
	if (at->location && at->location->module != INDEX_NONE)
		one.module = placer_string(
			placer, placer->snapshot->modules.items[at->location->module].path);
	if (!sight->seen) {
		*sight = one;
		return;
	}
	sight->mixed_function |= sight->function != one.function;
	sight->mixed_module |= sight->module != one.module;
	sight->mixed_address |=
		sight->address != one.address || sight->has_address != one.has_address;
	if (sight->inlined != one.inlined)
		sight->inlined = -1;
}

/* A name where "" means unknown. */
static struct name known_name(const struct strings *strings, string_id id)
{
	return id ? (struct name){strings_get(strings, id), strings_size(strings, id)} : (struct name){NULL, 0};
}

struct row_frame sight_frame(const struct keys *keys, const struct place *place, const struct sight *sight, enum group_by by)
{
	const struct strings *strings = keys->strings;
	struct row_frame frame = {
		.filename = {strings_get(strings, place->name), strings_size(strings, place->name)},
		.lineno = place->lineno,
		.module = known_name(strings, sight->mixed_module ? 0 : sight->module),
		.inlined = -1,
	};

	/* A whole file or module is of no function, even when only one was seen. */
	if (by == BY_FILENAME || by == BY_MODULE)
		return frame;
	frame.function = known_name(strings, sight->mixed_function ? 0 : sight->function);
	frame.inlined = sight->inlined;
	frame.no_line = place->kind == PLACE_SYMBOL || place->kind == PLACE_ADDRESS;
	frame.has_address = sight->has_address && !sight->mixed_address;
	frame.address = frame.has_address ? sight->address : 0;
	return frame;
}
