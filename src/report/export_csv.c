/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every trace as a line of comma-separated values: its numbers, its most recent frame in columns
 * and its stack in one, "file:line" oldest first with ';' between. For spreadsheets and data
 * frames; for a copy that loses nothing there is JSON.
 */
#include <inttypes.h>
#include <stdlib.h>
#include "base/bytes.h"
#include "report/csv.h"
#include "report/exporter.h"
#include "report/placer.h"
#include "report/view.h"

static void name_field(struct out *out, const struct snapshot *snapshot, string_id id)
{
	out_text(out, ",");
	csv_field(out, strings_get(snapshot->strings, id), strings_size(snapshot->strings, id));
}

static void frame_fields(struct out *out, const struct snapshot *snapshot, struct view_frame at)
{
	if (!at.frame) {
		out_text(out, "," SNAPSHOT_UNKNOWN ",0,,");
		return;
	}
	name_field(out, snapshot, at.frame->filename);
	out_format(out, ",%" PRIu32, at.frame->lineno);
	name_field(out, snapshot, at.frame->function);
	name_field(out, snapshot,
		at.location->module == INDEX_NONE
			? 0
			: snapshot->modules.items[at.location->module].path);
}

struct place_text {
	char *data; /* any bytes; NULL: not made yet */
	size_t size;
};

/* Stacks as text; a place's text is made once. */
struct stack_text {
	struct placer *placer;
	ARRAY(struct place_text) texts; /* by place */
	ARRAY(uint32_t) places;		/* of the stack, most recent first */
	struct buffer field;
};

static const struct place_text *place_text(struct stack_text *text, uint32_t place)
{
	const struct keys *keys = text->placer->keys;
	struct place_text *made;
	struct out out;

	while (text->texts.count <= place)
		ARRAY_PUSH(&text->texts);
	made = &text->texts.items[place];
	if (!made->data) {
		out_init(&out, open_memstream(&made->data, &made->size));
		place_write(keys, &keys->places.items[place], &out);
		fclose(out.stream);
	}
	return made;
}

static void stack_field(
	struct out *out, struct stack_text *text, const struct view *view, uint32_t stack)
{
	struct view_walk walk = view_walk(view, stack);
	struct view_frame frame;

	text->places.count = 0;
	text->field.size = 0;
	while (view_next(&walk, &frame))
		*ARRAY_PUSH(&text->places) = placer_place(text->placer, &frame);
	for (size_t i = text->places.count; i-- > 0;) {
		const struct place_text *place = place_text(text, text->places.items[i]);

		buffer_bytes(&text->field, place->data, place->size);
		if (i)
			buffer_u8(&text->field, ';');
	}
	out_text(out, ",");
	csv_field(out, (const char *)text->field.data, text->field.size);
}

static void stack_text_release(struct stack_text *text)
{
	for (size_t i = 0; i < text->texts.count; i++)
		free(text->texts.items[i].data);
	ARRAY_FREE(&text->texts);
	ARRAY_FREE(&text->places);
	buffer_free(&text->field);
}

static int write_csv(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct stack_text text = {0};
	struct placer placer;
	struct view view;
	struct keys keys;

	(void)err; /* nothing is summed */
	keys_init(&keys);
	view_init(&view, snapshot, query->moment, false);
	placer_init(&placer, &keys, snapshot, BY_LINENO);
	text.placer = &placer;
	out_text(out, "size,count,total_size,total_count,domain,thread,total_nframe,"
		      "filename,lineno,function,module,traceback\n");
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];
		struct counts live = view_counts(&view, i);

		out_format(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu32 ",",
			live.size, live.count, trace->total_size, trace->total_count,
			snapshot->domains.items[trace->domain].id);
		if (trace->thread != INDEX_NONE)
			out_format(out, "%" PRId64, snapshot->threads.items[trace->thread].tid);
		out_format(out, ",%" PRIu32, trace->total_nframe);
		frame_fields(out, snapshot, view_leaf(&view, trace->stack));
		stack_field(out, &text, &view, trace->stack);
		out_text(out, "\n");
	}
	stack_text_release(&text);
	placer_release(&placer);
	view_release(&view);
	keys_release(&keys);
	return 0;
}

const struct exporter export_csv = {
	.name = "csv",
	.summary = "every trace as comma-separated values",
	.takes_moment = true,
	.takes_short = true,
	.write = write_csv,
};
