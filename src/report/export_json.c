/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace-snapshot/1: everything a snapshot holds, as one JSON document that import_json.c reads
 * back without loss. A trace's frames are indexes into a table of frames, most recent first; the
 * levels of one return address stand in a row there, inlined ones first, which is how the reader
 * finds them together again. A frame of which only file and line are known is [file, line].
 *
 * Two things beyond the contract's frame make it lossless: "module_index" (two modules may share a
 * path), and "no_line", where the reader's guess from the other keys would be wrong.
 */
#include <stdlib.h>
#include "base/utf8.h"
#include "report/exporter.h"
#include "report/json.h"
#include "report/snapshot_document.h"

struct document {
	struct json *json;
	const struct snapshot *snapshot;
	size_t moment;       /* that "size" and "count" are of: the default one */
	size_t *first_frame; /* by location: where its frames begin in the document's table */
};

static bool is_plain(const struct document *doc, const struct location *location,
	const struct frame *frame)
{
	const struct strings *strings = doc->snapshot->strings;

	return location->module == INDEX_NONE && !location->has_address && !frame->function &&
		!frame->flags &&
		utf8_valid(strings_get(strings, frame->filename),
			strings_size(strings, frame->filename));
}

static void frame_object(
	struct document *doc, const struct location *location, const struct frame *frame)
{
	const struct snapshot *snapshot = doc->snapshot;
	struct json *json = doc->json;
	bool no_line = (frame->flags & FRAME_NO_LINE) != 0;

	json_begin(json, NULL, '{');
	json_text(json, "filename", strings_get(snapshot->strings, frame->filename),
		strings_size(snapshot->strings, frame->filename));
	json_uint(json, "lineno", frame->lineno);
	json_id(json, "function", snapshot->strings, frame->function);
	if (location->module != INDEX_NONE) {
		const struct module *module = &snapshot->modules.items[location->module];

		json_text(json, "module", strings_get(snapshot->strings, module->path),
			strings_size(snapshot->strings, module->path));
		json_uint(json, "module_index", location->module);
	} else {
		json_null(json, "module");
	}
	if (location->has_address)
		json_hex(json, "address", location->address);
	else
		json_null(json, "address");
	json_bool(json, "inlined", (frame->flags & FRAME_INLINED) != 0);
	if (no_line != document_guess_no_line(snapshot, frame, location->module))
		json_bool(json, "no_line", no_line);
	json_end(json);
}

static void frames(struct document *doc)
{
	const struct snapshot *snapshot = doc->snapshot;
	struct json *json = doc->json;
	size_t count = 0;

	json_begin(json, "frames", '[');
	for (size_t i = 0; i < snapshot->locations.count; i++) {
		const struct location *location = &snapshot->locations.items[i];

		doc->first_frame[i] = count;
		count += location->n_frames;
		for (uint32_t k = 0; k < location->n_frames; k++) {
			const struct frame *frame =
				&snapshot->frames.items[location->first_frame + k];

			if (!is_plain(doc, location, frame)) {
				frame_object(doc, location, frame);
				continue;
			}
			json_begin(json, NULL, '[');
			json_text(json, NULL, strings_get(snapshot->strings, frame->filename),
				strings_size(snapshot->strings, frame->filename));
			json_uint(json, NULL, frame->lineno);
			json_end(json);
		}
	}
	json_end(json);
}

static void stack(struct document *doc, uint32_t index)
{
	const struct snapshot *snapshot = doc->snapshot;

	json_begin(doc->json, "frames", '[');
	for (; index; index = snapshot->stacks.items[index].parent) {
		uint32_t at = snapshot->stacks.items[index].location;

		for (uint32_t k = 0; k < snapshot->locations.items[at].n_frames; k++)
			json_uint(doc->json, NULL, doc->first_frame[at] + k);
	}
	json_end(doc->json);
}

static void trace(struct document *doc, size_t index)
{
	const struct snapshot *snapshot = doc->snapshot;
	const struct trace *trace = &snapshot->traces.items[index];
	const struct counts *live = snapshot_counts(snapshot, doc->moment, index);
	struct json *json = doc->json;
	char key[MOMENT_KEY_MAX];

	json_begin(json, NULL, '{');
	json_uint(json, "domain", snapshot->domains.items[trace->domain].id);
	json_uint(json, "size", live->size);
	json_uint(json, "count", live->count);
	json_uint(json, "total_nframe", trace->total_nframe);
	json_uint(json, "total_size", trace->total_size);
	json_uint(json, "total_count", trace->total_count);
	if (trace->thread != INDEX_NONE)
		json_uint(json, "thread", trace->thread);
	if (snapshot->moments.count > 1) {
		json_begin(json, "moments", '{');
		for (size_t i = 0; i < snapshot->moments.count; i++) {
			const struct counts *counts = snapshot_counts(snapshot, i, index);

			if (i == doc->moment || (!counts->size && !counts->count))
				continue;
			json_begin(json, document_moment_key(snapshot, i, key), '{');
			json_uint(json, "size", counts->size);
			json_uint(json, "count", counts->count);
			json_end(json);
		}
		json_end(json);
	}
	stack(doc, trace->stack);
	json_end(json);
}

static int write_json(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct json stream = {.out = out}, *json = &stream;
	struct document doc = {.json = json, .snapshot = snapshot};
	int moment = snapshot_moment(snapshot, NULL, err);

	(void)query; /* all moments and all numbers are in it */
	if (moment < 0)
		return -1;
	doc.moment = (size_t)moment;
	doc.first_frame = xcalloc(snapshot->locations.count + 1, sizeof(size_t));
	json_begin(json, NULL, '{');
	json_string(json, "schema", "memtrace-snapshot/1");
	json_uint(json, "traceback_limit", snapshot->run.frames_limit);
	document_tables(json, snapshot);
	frames(&doc);
	json_begin(json, "traces", '[');
	for (size_t i = 0; i < snapshot->traces.count; i++)
		trace(&doc, i);
	json_end(json);
	json_end(json);
	free(doc.first_frame);
	return 0;
}

const struct exporter export_json = {
	.name = "json",
	.summary = "everything the snapshot holds (memtrace-snapshot/1), for import",
	.write = write_json,
};
