/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames to places. Most answers depend on the frame alone and are kept by frame; those with an
 * address or a module depend on the location and are looked up.
 */
#include "report/placer.h"

#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"

void placer_init(
	struct placer *placer, struct keys *keys, const struct snapshot *snapshot, enum group_by by)
{
	*placer = (struct placer){
		.by = by,
		.snapshot = snapshot,
		.keys = keys,
		.strings = xcalloc(strings_count(snapshot->strings), sizeof(uint32_t)),
		.places = xcalloc(snapshot->frames.count + 1, sizeof(uint32_t)),
		.unknown = strings_add(keys->strings, SNAPSHOT_UNKNOWN),
	};
}

void placer_release(struct placer *placer)
{
	free(placer->strings);
	free(placer->places);
}

string_id placer_string(struct placer *placer, string_id id)
{
	const struct strings *from = placer->snapshot->strings;

	if (!placer->strings[id])
		placer->strings[id] = 1 + strings_add_bytes(placer->keys->strings,
						  strings_get(from, id), strings_size(from, id));
	return placer->strings[id] - 1;
}

static struct place line_place(struct placer *placer, const struct view_frame *at)
{
	const struct frame *frame = at->frame;
	struct place place = {.kind = PLACE_LINE, .name = placer->unknown};

	if (!frame)
		return place;
	place.name = placer_string(placer, frame->filename);
	place.lineno = frame->lineno;
	if (!(frame->flags & FRAME_NO_LINE) || place.name == placer->unknown)
		return place;
	if (frame->function) {
		place.kind = PLACE_SYMBOL;
		place.function = placer_string(placer, frame->function);
	} else if (at->location->has_address) {
		place.kind = PLACE_ADDRESS;
		place.number = at->location->address;
	}
	return place;
}

static struct place function_place(struct placer *placer, const struct view_frame *at)
{
	struct place place = line_place(placer, at);

	if (place.kind != PLACE_LINE || (place.name == placer->unknown && !at->frame))
		return place;
	place.lineno = 0;
	if (at->frame->function)
		place.function = placer_string(placer, at->frame->function);
	else if (place.name != placer->unknown)
		place.function = placer->unknown;
	if (place.function)
		place.kind = PLACE_SYMBOL;
	return place;
}

static struct place module_place(struct placer *placer, const struct view_frame *at)
{
	const struct snapshot *snapshot = placer->snapshot;
	struct place place = {.kind = PLACE_MODULE, .name = placer->unknown};

	if (at->location && at->location->module != INDEX_NONE)
		place.name =
			placer_string(placer, snapshot->modules.items[at->location->module].path);
	return place;
}

static struct place make_place(struct placer *placer, const struct view_frame *frame)
{
	struct place place;

	switch (placer->by) {
	case BY_MODULE:
		return module_place(placer, frame);
	case BY_FUNCTION:
		return function_place(placer, frame);
	case BY_FILENAME:
		place = line_place(placer, frame);
		return (struct place){.kind = PLACE_LINE, .name = place.name};
	default:
		return line_place(placer, frame);
	}
}

uint32_t placer_place(struct placer *placer, const struct view_frame *frame)
{
	uint32_t *kept = NULL;
	struct place place;
	uint32_t index;

	if (frame->frame)
		kept = &placer->places[frame->frame - placer->snapshot->frames.items];
	if (kept && *kept)
		return *kept - 1;
	place = make_place(placer, frame);
	index = keys_place(placer->keys, &place);
	if (kept && place.kind != PLACE_MODULE && place.kind != PLACE_ADDRESS)
		*kept = index + 1;
	return index;
}

uint32_t placer_thread(struct placer *placer, uint32_t thread)
{
	struct place place = {.kind = PLACE_MODULE, .name = placer->unknown};

	if (thread != INDEX_NONE) {
		const struct thread *known = &placer->snapshot->threads.items[thread];

		place.kind = PLACE_THREAD;
		place.name = placer_string(placer, known->name);
		place.number = (uint64_t)known->tid;
	}
	return keys_place(placer->keys, &place);
}

uint32_t placer_size(struct placer *placer, uint32_t class)
{
	const struct place place = {.kind = PLACE_SIZE, .number = class};

	return keys_place(placer->keys, &place);
}

/* The arguments with spaces between them, as a part has them. */
static string_id command_of(struct placer *placer)
{
	const struct snapshot *snapshot = placer->snapshot;
	struct buffer text = {0};
	string_id id;

	for (size_t i = 0; i < snapshot->run.command.count; i++) {
		string_id word = snapshot->run.command.items[i];

		if (i)
			buffer_u8(&text, ' ');
		buffer_bytes(&text, strings_get(snapshot->strings, word), strings_size(snapshot->strings, word));
	}
	id = strings_add_bytes(placer->keys->strings, text.size ? (const char *)text.data : "", text.size);
	buffer_free(&text);
	return id;
}

/* "make" of "/usr/bin/make -j2". */
static string_id program_of(struct placer *placer, string_id command)
{
	const char *text = strings_get(placer->keys->strings, command);
	size_t size = strcspn(text, " "), begin = size;
	char *name;
	string_id id;

	while (begin > 0 && text[begin - 1] != '/')
		begin--;
	if (begin == size)
		return placer->unknown;
	name = xstrndup(text + begin, size - begin);
	id = strings_add(placer->keys->strings, name);
	free(name);
	return id;
}

uint32_t placer_process(struct placer *placer, const struct trace *trace)
{
	const struct run *run = &placer->snapshot->run;
	struct place place = {.kind = PLACE_MODULE, .name = placer->unknown};
	const struct part *part = trace->part ? &run->parts.items[trace->part - 1] : NULL;

	if (part || !run->parts.count) {
		place.kind = PLACE_PROCESS;
		place.number = (uint64_t)(part ? part->pid : run->pid);
		place.lineno = part ? part->image : run->image;
		place.name = part ? placer_string(placer, part->command) : command_of(placer);
	}
	if (placer->by == BY_PROGRAM && place.kind == PLACE_PROCESS)
		place = (struct place){.kind = PLACE_MODULE, .name = program_of(placer, place.name)};
	return keys_place(placer->keys, &place);
}
