/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every trace as a line of comma-separated values: its numbers, its most recent frame in columns
 * and its stack in one, "file:line" oldest first with ';' between. For spreadsheets and data
 * frames; for a copy that loses nothing there is JSON.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
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

static void stack_field(
	struct out *out, struct placer *placer, const struct view *view, uint32_t stack)
{
	struct view_walk walk = view_walk(view, stack);
	ARRAY(uint32_t) places = {0};
	struct view_frame frame;
	struct out field;
	char *data = NULL;
	size_t size = 0;

	out_init(&field, open_memstream(&data, &size));
	while (view_next(&walk, &frame))
		*ARRAY_PUSH(&places) = placer_place(placer, &frame);
	for (size_t i = places.count; i-- > 0;) {
		place_write(placer->keys, &placer->keys->places.items[places.items[i]], &field);
		out_text(&field, i ? ";" : "");
	}
	fclose(field.stream);
	out_text(out, ",");
	csv_field(out, data, size);
	free(data);
	ARRAY_FREE(&places);
}

static int write_csv(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct placer placer;
	struct view view;
	struct keys keys;

	(void)err; /* nothing is summed */
	keys_init(&keys);
	view_init(&view, snapshot, query->moment, false);
	placer_init(&placer, &keys, snapshot, BY_LINENO);
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
		stack_field(out, &placer, &view, trace->stack);
		out_text(out, "\n");
	}
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
