/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions, interned by what tells them apart, in the order of their first frame.
 */
#include "report/functions.h"

#include <stdlib.h>
#include <string.h>
#include "report/label.h"

static string_id clean(struct functions *functions, const char *data, size_t size)
{
	struct buffer *text = &functions->text;

	text->size = 0;
	label_clean(text, data, size);
	return strings_add_bytes(functions->strings, (const char *)text->data, text->size);
}

string_id functions_string(struct functions *functions, string_id id)
{
	const struct strings *strings = functions->snapshot->strings;

	return clean(functions, strings_get(strings, id), strings_size(strings, id));
}

static string_id label_of(struct functions *functions, const struct view_frame *frame)
{
	struct buffer raw = {0};
	string_id id;

	label_frame(&raw, functions->snapshot, frame);
	id = clean(functions, (const char *)raw.data, raw.size);
	buffer_free(&raw);
	return id;
}

static uint32_t add(struct functions *functions, const struct view_frame *frame)
{
	const struct snapshot *snapshot = functions->snapshot;
	struct function function = {.name = label_of(functions, frame)};
	string_id key[3];
	uint64_t *index;
	bool added;

	if (frame->frame) {
		uint32_t module = frame->location->module;

		function.named = frame->frame->function != 0;
		if (!(frame->frame->flags & FRAME_NO_LINE) &&
			strcmp(strings_get(snapshot->strings, frame->frame->filename),
				SNAPSHOT_UNKNOWN) != 0)
			function.file = functions_string(functions, frame->frame->filename);
		if (module != INDEX_NONE)
			function.module =
				functions_string(functions, snapshot->modules.items[module].path);
	}
	key[0] = function.name;
	key[1] = function.file;
	key[2] = function.module;
	index = map_add(&functions->map, key, functions->items.count, &added);
	if (added)
		*ARRAY_PUSH(&functions->items) = function;
	return (uint32_t)*index;
}

void functions_init(struct functions *functions, const struct snapshot *snapshot)
{
	*functions = (struct functions){
		.snapshot = snapshot,
		.strings = strings_new(),
		.by_frame = xcalloc(snapshot->frames.count + 1, sizeof(uint32_t)),
		.map = {.key_size = 3 * sizeof(string_id)},
	};
	for (size_t i = 0; i < snapshot->locations.count; i++) {
		const struct location *location = &snapshot->locations.items[i];

		for (uint32_t k = 0; k < location->n_frames; k++) {
			uint32_t index = location->first_frame + k;
			struct view_frame frame = {&snapshot->frames.items[index], location};

			functions->by_frame[index] = add(functions, &frame);
		}
	}
	functions->unknown = add(functions, &(struct view_frame){NULL, NULL});
}

void functions_release(struct functions *functions)
{
	strings_free(functions->strings);
	ARRAY_FREE(&functions->items);
	free(functions->by_frame);
	map_free(&functions->map);
	buffer_free(&functions->text);
}
