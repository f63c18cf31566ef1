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
#include "report/emit.h"
#include "report/exporter.h"
#include "report/lives_json.h"
#include "report/snapshot_document.h"

struct document {
	struct emitter *emitter;
	const struct snapshot *snapshot;
	size_t moment;	     /* that "size" and "count" are of: the default one */
	size_t *first_frame; /* by location: where its frames begin in the document's table */
};

static bool is_plain(
	const struct document *doc, const struct location *location, const struct frame *frame)
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
	struct emitter *emitter = doc->emitter;
	bool no_line = (frame->flags & FRAME_NO_LINE) != 0;

	emit_begin(emitter, NULL, '{');
	emit_text(emitter, "filename", strings_get(snapshot->strings, frame->filename),
		strings_size(snapshot->strings, frame->filename));
	emit_uint(emitter, "lineno", frame->lineno);
	emit_id(emitter, "function", snapshot->strings, frame->function);
	if (location->module != INDEX_NONE) {
		const struct module *module = &snapshot->modules.items[location->module];

		emit_text(emitter, "module", strings_get(snapshot->strings, module->path),
			strings_size(snapshot->strings, module->path));
		emit_uint(emitter, "module_index", location->module);
	} else {
		emit_null(emitter, "module");
	}
	if (location->has_address)
		emit_hex(emitter, "address", location->address);
	else
		emit_null(emitter, "address");
	emit_bool(emitter, "inlined", (frame->flags & FRAME_INLINED) != 0);
	if (no_line != document_guess_no_line(snapshot, frame, location->module))
		emit_bool(emitter, "no_line", no_line);
	emit_end(emitter);
}

static void frames(struct document *doc)
{
	const struct snapshot *snapshot = doc->snapshot;
	struct emitter *emitter = doc->emitter;
	size_t count = 0;

	emit_begin(emitter, "frames", '[');
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
			emit_begin(emitter, NULL, '[');
			emit_text(emitter, NULL, strings_get(snapshot->strings, frame->filename),
				strings_size(snapshot->strings, frame->filename));
			emit_uint(emitter, NULL, frame->lineno);
			emit_end(emitter);
		}
	}
	emit_end(emitter);
}

static void stack(struct document *doc, uint32_t index)
{
	const struct snapshot *snapshot = doc->snapshot;

	emit_begin(doc->emitter, "frames", '[');
	for (; index; index = snapshot->stacks.items[index].parent) {
		uint32_t at = snapshot->stacks.items[index].location;

		for (uint32_t k = 0; k < snapshot->locations.items[at].n_frames; k++)
			emit_uint(doc->emitter, NULL, doc->first_frame[at] + k);
	}
	emit_end(doc->emitter);
}

static void trace(struct document *doc, size_t index)
{
	const struct snapshot *snapshot = doc->snapshot;
	const struct trace *trace = &snapshot->traces.items[index];
	const struct counts *live = snapshot_counts(snapshot, doc->moment, index);
	struct emitter *emitter = doc->emitter;
	char key[MOMENT_KEY_MAX];

	emit_begin(emitter, NULL, '{');
	emit_uint(emitter, "domain", snapshot->domains.items[trace->domain].id);
	emit_uint(emitter, "size", live->size);
	emit_uint(emitter, "count", live->count);
	emit_uint(emitter, "total_nframe", trace->total_nframe);
	emit_uint(emitter, "total_size", trace->total_size);
	emit_uint(emitter, "total_count", trace->total_count);
	if (trace->thread != INDEX_NONE)
		emit_uint(emitter, "thread", trace->thread);
	if (trace->part)
		emit_uint(emitter, "part", trace->part - 1);
	if (snapshot->moments.count > 1) {
		emit_begin(emitter, "moments", '{');
		for (size_t i = 0; i < snapshot->moments.count; i++) {
			const struct counts *counts = snapshot_counts(snapshot, i, index);

			if (i == doc->moment || (!counts->size && !counts->count))
				continue;
			emit_begin(emitter, document_moment_key(snapshot, i, key), '{');
			emit_uint(emitter, "size", counts->size);
			emit_uint(emitter, "count", counts->count);
			emit_end(emitter);
		}
		emit_end(emitter);
	}
	stack(doc, trace->stack);
	emit_end(emitter);
}

static void blocks(struct emitter *emitter, const struct snapshot *snapshot)
{
	emit_begin(emitter, "blocks", '[');
	for (size_t i = 0; i < snapshot->blocks.count; i++) {
		const struct block *block = &snapshot->blocks.items[i];

		emit_begin(emitter, NULL, '{');
		emit_hex(emitter, "address", block->address);
		emit_uint(emitter, "size", block->size);
		emit_uint(emitter, "trace", block->trace);
		emit_end(emitter);
	}
	emit_end(emitter);
}

static void leaks(struct emitter *emitter, const struct snapshot *snapshot)
{
	emit_begin(emitter, "leaks", '[');
	for (size_t i = 0; i < snapshot->leaks.count; i++) {
		const struct leak *leak = &snapshot->leaks.items[i];

		emit_begin(emitter, NULL, '{');
		emit_uint(emitter, "trace", leak->trace);
		emit_string(emitter, "category", leak_kind_name(leak->kind));
		emit_uint(emitter, "size", leak->counts.size);
		emit_uint(emitter, "count", leak->counts.count);
		emit_end(emitter);
	}
	emit_end(emitter);
}

/* null: of the totals, and of all traces. */
static void index_or_null(struct emitter *emitter, const char *key, uint32_t index)
{
	if (index == INDEX_NONE)
		emit_null(emitter, key);
	else
		emit_uint(emitter, key, index);
}

static void sampling(struct emitter *emitter, const struct snapshot *snapshot)
{
	emit_begin(emitter, "sampling", '{');
	emit_uint(emitter, "interval", snapshot_interval(snapshot));
	emit_begin(emitter, "deviations", '[');
	for (size_t i = 0; i < snapshot->sampling.count; i++) {
		const struct uncertainty *one = &snapshot->sampling.items[i];

		emit_begin(emitter, NULL, '{');
		index_or_null(emitter, "moment", one->moment);
		index_or_null(emitter, "trace", one->trace);
		emit_uint(emitter, "size_256ths", one->size);
		emit_uint(emitter, "count_256ths", one->count);
		emit_end(emitter);
	}
	emit_end(emitter);
	emit_end(emitter);
}

static int write_json(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct emitter stream = {.out = out}, *emitter = &stream;
	struct document doc = {.emitter = emitter, .snapshot = snapshot};
	int moment = snapshot_moment(snapshot, NULL, err);

	(void)query; /* all moments and all numbers are in it */
	if (moment < 0)
		return -1;
	doc.moment = (size_t)moment;
	doc.first_frame = xcalloc(snapshot->locations.count + 1, sizeof(size_t));
	emit_begin(emitter, NULL, '{');
	emit_string(emitter, "schema", "memtrace-snapshot/1");
	emit_known(emitter, "traceback_limit", snapshot->run.frames_limit);
	document_tables(emitter, snapshot);
	frames(&doc);
	emit_begin(emitter, "traces", '[');
	for (size_t i = 0; i < snapshot->traces.count; i++)
		trace(&doc, i);
	emit_end(emitter);
	if (snapshot->keeps_blocks)
		blocks(emitter, snapshot);
	if (snapshot->keeps_leaks)
		leaks(emitter, snapshot);
	document_lives(emitter, snapshot);
	if (snapshot->sampling.count)
		sampling(emitter, snapshot);
	emit_end(emitter);
	free(doc.first_frame);
	return 0;
}

const struct exporter export_json = {
	.name = "json",
	.summary = "everything the snapshot holds (memtrace-snapshot/1), for import",
	.write = write_json,
};
