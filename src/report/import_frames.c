/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames and stacks of memtrace-snapshot/1. A recorded return address stands in the document as
 * several frames, inlined levels first; frames that were inlined belong to the same address as the
 * one behind them, and so each stack is built again piece by piece, from the oldest frame inwards.
 */
#include "report/import_frames.h"

#include <string.h>
#include "report/snapshot_document.h"

static uint32_t module_by_path(struct frame_import *import, string_id path)
{
	struct snapshot *snapshot = import->builder->snapshot;
	bool added;
	uint64_t *index = map_add(&import->modules, &path, snapshot->modules.count, &added);

	if (added)
		ARRAY_PUSH(&snapshot->modules)->path = path;
	return (uint32_t)*index;
}

static int read_frame_module(
	struct frame_import *import, const struct json_object *object, struct location *place)
{
	struct json_at at = {object->at, "module_index", 0};
	uint32_t index = INDEX_NONE;
	string_id path = 0;

	if (json_read_u32(object, "module_index", &index) < 0 ||
		json_read_text(object, "module", import->builder->snapshot->strings, &path) < 0)
		return -1;
	if (index != INDEX_NONE && index >= import->builder->snapshot->modules.count)
		return json_error_at(&at, import->err, "there is no module %u", index);
	place->module = index;
	if (index == INDEX_NONE && path)
		place->module = module_by_path(import, path);
	return 0;
}

static int read_frame_object(
	struct frame_import *import, const struct json_object *object, struct known_frame *known)
{
	struct strings *strings = import->builder->snapshot->strings;
	struct frame *frame = &known->frame;
	bool inlined = false, no_line;

	if (json_read_needed(object, "filename") < 0 ||
		json_read_text(object, "filename", strings, &frame->filename) < 0 ||
		json_read_u32(object, "lineno", &frame->lineno) < 0 ||
		json_read_text(object, "function", strings, &frame->function) < 0 ||
		json_read_hex(object, "address", &known->place.address, &known->place.has_address) <
			0 ||
		json_read_bool(object, "inlined", &inlined) < 0 ||
		read_frame_module(import, object, &known->place) < 0)
		return -1;
	no_line = document_guess_no_line(import->builder->snapshot, frame, known->place.module);
	if (json_read_bool(object, "no_line", &no_line) < 0)
		return -1;
	frame->flags = (inlined ? FRAME_INLINED : 0) | (no_line ? FRAME_NO_LINE : 0);
	return 0;
}

static int read_frame_pair(struct frame_import *import, const json_t *value,
	const struct json_at *at, struct known_frame *known)
{
	const json_t *name = json_array_get(value, 0);
	struct json_at first = {at, NULL, 0}, second = {at, NULL, 1};

	if (json_array_size(value) != 2)
		return json_error_at(at, import->err, "must be [filename, lineno]");
	if (!json_is_string(name))
		return json_error_at(&first, import->err, "must be a string");
	known->frame.filename = strings_add_bytes(import->builder->snapshot->strings,
		json_string_value(name), json_string_length(name));
	return json_item_u32(json_array_get(value, 1), &second, import->err, &known->frame.lineno);
}

static int read_frame(struct frame_import *import, const json_t *value, const struct json_at *at,
	struct known_frame *known)
{
	struct json_object object;

	*known = (struct known_frame){.place = {.module = INDEX_NONE}};
	if (json_is_array(value))
		return read_frame_pair(import, value, at, known);
	if (!json_is_object(value))
		return json_error_at(at, import->err, "must be [filename, lineno] or an object");
	if (json_read_object(&object, value, at, import->err) < 0)
		return -1;
	return read_frame_object(import, &object, known);
}

int frame_import_table(struct frame_import *import, const struct json_object *document)
{
	struct json_at at = {document->at, "frames", 0};
	const json_t *array;

	import->err = document->err;
	if (json_read_array(document, "frames", &array) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct json_at item = {&at, NULL, i};

		if (read_frame(import, json_array_get(array, i), &item,
			    ARRAY_PUSH(&import->table)) < 0)
			return -1;
	}
	return 0;
}

/* Fills import->stack, most recent first. */
static int read_stack(struct frame_import *import, const json_t *array, const struct json_at *at)
{
	import->stack.count = 0;
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *value = json_array_get(array, i);
		struct known_frame *known = ARRAY_PUSH(&import->stack);
		struct json_at item = {at, NULL, i};
		uint32_t index;

		if (!json_is_integer(value)) {
			if (read_frame(import, value, &item, known) < 0)
				return -1;
			continue;
		}
		if (json_item_u32(value, &item, import->err, &index) < 0)
			return -1;
		if (index >= import->table.count)
			return json_error_at(&item, import->err, "there is no frame %u", index);
		*known = import->table.items[index];
	}
	return 0;
}

/* What an inlined level says of its address and module must be what its function says. */
static bool agrees(const struct known_frame *inlined, const struct known_frame *outer)
{
	const struct location *a = &inlined->place, *b = &outer->place;

	return (!a->has_address || (b->has_address && a->address == b->address)) &&
	       (a->module == INDEX_NONE || a->module == b->module);
}

/* The stack of import->stack, from the oldest frame inwards: each step takes a function and the
 * levels that were inlined into it, which stand before it. */
static int build_stack(struct frame_import *import, const struct json_at *at, uint32_t *stack)
{
	size_t end = import->stack.count;
	const struct known_frame *frames = import->stack.items;

	*stack = 0;
	while (end > 0) {
		size_t begin = end - 1;
		struct json_at last = {at, NULL, begin};
		uint32_t location;

		if (frames[begin].frame.flags & FRAME_INLINED)
			return json_error_at(&last, import->err,
				"is inlined, but the function it was inlined into does not follow");
		while (begin > 0 && frames[begin - 1].frame.flags & FRAME_INLINED) {
			struct json_at item = {at, NULL, --begin};

			if (!agrees(&frames[begin], &frames[end - 1]))
				return json_error_at(&item, import->err,
					"is inlined into a function at another address");
		}
		import->levels.count = 0;
		for (size_t i = begin; i < end; i++)
			*ARRAY_PUSH(&import->levels) = frames[i].frame;
		location = builder_location(import->builder, &frames[end - 1].place,
			import->levels.items, import->levels.count);
		*stack = builder_stack(import->builder, *stack, location);
		end = begin;
	}
	return 0;
}

int frame_import_stack(struct frame_import *import, const struct json_object *trace,
	uint32_t *stack, uint32_t *n_frames)
{
	struct json_at at = {trace->at, "frames", 0};
	const json_t *array;

	if (json_read_needed(trace, "frames") < 0 || json_read_array(trace, "frames", &array) < 0 ||
		read_stack(import, array, &at) < 0 || build_stack(import, &at, stack) < 0)
		return -1;
	*n_frames = (uint32_t)import->stack.count;
	return 0;
}

void frame_import_init(struct frame_import *import, struct snapshot_builder *builder)
{
	const struct snapshot *snapshot = builder->snapshot;

	*import = (struct frame_import){.builder = builder, .modules = MAP_INIT(string_id)};
	for (size_t i = 0; i < snapshot->modules.count; i++)
		map_add(&import->modules, &snapshot->modules.items[i].path, i, NULL);
}

void frame_import_release(struct frame_import *import)
{
	ARRAY_FREE(&import->table);
	ARRAY_FREE(&import->stack);
	ARRAY_FREE(&import->levels);
	map_free(&import->modules);
}
