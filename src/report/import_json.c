/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading memtrace-snapshot/1. The tables come first (import_tables.c), then the frames
 * (import_frames.c), then the traces. Traces with the same stack, depth, domain and thread are one
 * trace afterwards; their numbers are added. Moments that only traces name are added as they come.
 *
 * Cost: the document as jansson's tree, and the snapshot. What a document claims is checked where
 * it is read, so that the error can name the place; the rest is snapshot_check's.
 */
#include "report/import_json.h"

#include <string.h>
#include "model/snapshot_build.h"
#include "report/import_check.h"
#include "report/import_frames.h"
#include "report/import_lives.h"
#include "report/import_sampling.h"
#include "report/import_tables.h"
#include "report/json_read.h"
#include "report/json_scan.h"
#include "report/snapshot_document.h"

enum { SCAN_FROM = 4 << 20 }; /* bytes: the tree of less is no matter */

struct contribution {
	uint32_t trace, moment;
	struct counts counts;
};

struct import {
	struct snapshot *snapshot;
	struct snapshot_builder builder;
	struct frame_import frames;
	struct error *err;
	size_t default_moment;
	ARRAY(struct contribution) contributions;
	ARRAY(uint32_t) traces; /* by place in the document: its trace */
};

static uint32_t moment_by_key(struct import *import, const char *key)
{
	struct snapshot *snapshot = import->snapshot;
	char text[MOMENT_KEY_MAX];
	size_t i;

	for (i = 0; i < snapshot->moments.count; i++) {
		if (strcmp(document_moment_key(snapshot, i, text), key) == 0)
			return (uint32_t)i;
	}
	ARRAY_PUSH(&snapshot->moments)->name = strings_add(snapshot->strings, key);
	return (uint32_t)i;
}

static int read_counts(const struct json_object *object, struct counts *counts)
{
	if (json_read_needed(object, "size") < 0 || json_read_needed(object, "count") < 0 ||
		json_read_uint(object, "size", &counts->size) < 0)
		return -1;
	return json_read_uint(object, "count", &counts->count);
}

static void contribute(
	struct import *import, uint32_t trace, uint32_t moment, const struct counts *counts)
{
	*ARRAY_PUSH(&import->contributions) = (struct contribution){trace, moment, *counts};
}

static int read_moments(struct import *import, const struct json_object *trace, uint32_t index)
{
	json_t *value = json_object_get(trace->value, "moments");
	struct json_at at = {trace->at, "moments", 0};
	struct json_object moments, object;
	struct counts counts;
	const char *key;
	json_t *item;

	if (!value || json_is_null(value))
		return 0;
	if (json_read_object(&moments, value, &at, import->err) < 0)
		return -1;
	json_object_foreach(value, key, item)
	{
		struct json_at place = {&at, key, 0};
		uint32_t moment = moment_by_key(import, key);

		if (moment == import->default_moment)
			return json_error_at(&place, import->err,
				"is what the trace's own size and count are of");
		if (json_read_object(&object, item, &place, import->err) < 0 ||
			read_counts(&object, &counts) < 0)
			return -1;
		contribute(import, index, moment, &counts);
	}
	return 0;
}

static int add_totals(struct import *import, const struct json_object *object, uint32_t index,
	const struct counts *live)
{
	struct trace *trace = &import->snapshot->traces.items[index];
	struct json_at at = {object->at, "total_size", 0};
	uint64_t size = live->size, count = live->count;

	if (import_check_trace(object, live) < 0 ||
		json_read_uint(object, "total_size", &size) < 0 ||
		json_read_uint(object, "total_count", &count) < 0)
		return -1;
	trace->total_size += size;
	trace->total_count += count;
	if (trace->total_size > SNAPSHOT_SIZE_MAX || trace->total_count > SNAPSHOT_SIZE_MAX)
		return json_error_at(
			&at, import->err, "the totals of this stack add up to more than 2^63 - 1");
	return 0;
}

static int read_place(struct import *import, const struct json_object *object, uint32_t *index)
{
	struct json_at depth_at = {object->at, "total_nframe", 0};
	struct json_at thread_at = {object->at, "thread", 0};
	struct json_at part_at = {object->at, "part", 0};
	uint32_t domain = 0, thread = INDEX_NONE, part = INDEX_NONE, stack, depth, n_frames;

	if (frame_import_stack(&import->frames, object, &stack, &n_frames) < 0)
		return -1;
	depth = n_frames;
	if (json_read_u32(object, "domain", &domain) < 0 ||
		json_read_u32(object, "thread", &thread) < 0 || json_read_u32(object, "part", &part) < 0 ||
		json_read_u32(object, "total_nframe", &depth) < 0)
		return -1;
	if (depth < n_frames)
		return json_error_at(
			&depth_at, import->err, "%u is fewer than its %u frames", depth, n_frames);
	if (thread != INDEX_NONE && thread >= import->snapshot->threads.count)
		return json_error_at(&thread_at, import->err, "there is no thread %u", thread);
	if (part != INDEX_NONE && part >= import->snapshot->run.parts.count)
		return json_error_at(&part_at, import->err, "there is no part %u", part);
	domain = snapshot_domain(import->snapshot, domain, NULL);
	/* INDEX_NONE + 1 is 0. */
	*index = builder_trace_of(&import->builder, stack, depth, domain, thread, part + 1);
	return 0;
}

static int read_traces(struct import *import, const struct json_object *document)
{
	struct json_at at = {document->at, "traces", 0};
	struct json_object object;
	struct counts live;
	const json_t *array;
	uint32_t index = 0;

	if (json_read_needed(document, "traces") < 0 ||
		json_read_array(document, "traces", &array) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct json_at item = {&at, NULL, i};

		if (json_read_object(&object, json_array_get(array, i), &item, import->err) < 0 ||
			read_counts(&object, &live) < 0 ||
			read_place(import, &object, &index) < 0 ||
			add_totals(import, &object, index, &live) < 0 ||
			read_moments(import, &object, index) < 0)
			return -1;
		contribute(import, index, (uint32_t)import->default_moment, &live);
		*ARRAY_PUSH(&import->traces) = index;
	}
	return 0;
}

static int read_block(struct import *import, const struct json_object *object)
{
	struct block *block = ARRAY_PUSH(&import->snapshot->blocks);
	struct json_at trace_at = {object->at, "trace", 0};
	uint32_t trace = 0;

	if (json_read_needed(object, "address") < 0 || json_read_needed(object, "size") < 0 ||
		json_read_needed(object, "trace") < 0 ||
		json_read_hex(object, "address", &block->address, NULL) < 0 ||
		json_read_uint(object, "size", &block->size) < 0 ||
		json_read_u32(object, "trace", &trace) < 0)
		return -1;
	if (trace >= import->traces.count)
		return json_error_at(&trace_at, import->err, "is no index of traces");
	block->trace = import->traces.items[trace];
	return 0;
}

static int read_blocks(struct import *import, const struct json_object *document)
{
	struct json_at at = {document->at, "blocks", 0};
	struct json_object object;
	const json_t *array;

	if (json_read_array(document, "blocks", &array) < 0)
		return -1;
	import->snapshot->keeps_blocks = array != NULL;
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct json_at item = {&at, NULL, i};

		if (json_read_object(&object, json_array_get(array, i), &item, import->err) < 0 ||
			read_block(import, &object) < 0)
			return -1;
	}
	snapshot_sort_blocks(import->snapshot);
	return 0;
}

static int read_category(const struct json_object *object, uint32_t *kind)
{
	const char *name = json_string_value(json_object_get(object->value, "category"));
	struct json_at at = {object->at, "category", 0};

	for (*kind = 0; name && *kind < LEAK_KINDS; ++*kind) {
		if (strcmp(name, leak_kind_name(*kind)) == 0)
			return 0;
	}
	return json_error_at(&at, object->err, "must be definite, indirect, possible or reachable");
}

static int read_leak(struct import *import, const struct json_object *object)
{
	struct json_at trace_at = {object->at, "trace", 0};
	struct counts counts = {0, 0};
	uint32_t trace = 0, kind = 0;

	if (json_read_needed(object, "trace") < 0 || json_read_needed(object, "category") < 0 ||
		json_read_u32(object, "trace", &trace) < 0 || read_category(object, &kind) < 0 ||
		read_counts(object, &counts) < 0)
		return -1;
	if (trace >= import->traces.count)
		return json_error_at(&trace_at, import->err, "is no index of traces");
	snapshot_add_leak(import->snapshot, import->traces.items[trace], kind, counts);
	return 0;
}

static int read_leaks(struct import *import, const struct json_object *document)
{
	struct json_at at = {document->at, "leaks", 0};
	struct json_object object;
	const json_t *array;

	if (json_read_array(document, "leaks", &array) < 0)
		return -1;
	import->snapshot->keeps_leaks = array != NULL;
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct json_at item = {&at, NULL, i};

		if (json_read_object(&object, json_array_get(array, i), &item, import->err) < 0 ||
			read_leak(import, &object) < 0)
			return -1;
	}
	snapshot_sort_leaks(import->snapshot);
	return 0;
}

static int add_counts(struct import *import)
{
	struct snapshot *snapshot = import->snapshot;

	snapshot_alloc_counts(snapshot);
	for (size_t i = 0; i < import->contributions.count; i++) {
		const struct contribution *one = &import->contributions.items[i];
		struct counts *counts = snapshot_counts(snapshot, one->moment, one->trace);

		counts->size += one->counts.size;
		counts->count += one->counts.count;
		if (counts->size > SNAPSHOT_SIZE_MAX || counts->count > SNAPSHOT_SIZE_MAX)
			return error_set(import->err,
				"traces: the blocks of one stack add up to more than 2^63 - 1");
	}
	return snapshot_sum(snapshot, import->err);
}

static bool says(const json_t *run, const char *key)
{
	const json_t *value = json_object_get(run, key);

	return value && !json_is_null(value);
}

static void add_run_peak(struct import *import, const json_t *said)
{
	struct run *run = &import->snapshot->run;
	int peak = snapshot_moment(import->snapshot, "peak", &(struct error){0});
	const struct counts *live = peak < 0 ? NULL : &import->snapshot->moments.items[peak].live;

	if (live && !says(said, "peak_size"))
		run->peak_size = live->size;
	if (live && !says(said, "peak_count"))
		run->peak_count = live->count;
}

/* What a document does not say of its run: the sums, as far as its traces tell. */
static int add_run_totals(struct import *import, const struct json_object *document)
{
	struct snapshot *snapshot = import->snapshot;
	const json_t *said = json_object_get(document->value, "run");
	struct counts total = {0, 0};

	add_run_peak(import, said);
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		total.size += snapshot->traces.items[i].total_size;
		total.count += snapshot->traces.items[i].total_count;
		if (total.size > SNAPSHOT_SIZE_MAX || total.count > SNAPSHOT_SIZE_MAX)
			return error_set(
				import->err, "traces: the totals add up to more than 2^63 - 1");
	}
	if (!says(said, "total_size"))
		snapshot->run.total_size = total.size;
	if (!says(said, "total_count"))
		snapshot->run.total_count = total.count;
	return 0;
}

static int read_schema(const struct json_object *document)
{
	const json_t *schema = json_object_get(document->value, "schema");
	struct json_at at = {NULL, "schema", 0};

	if (json_read_needed(document, "schema") < 0)
		return -1;
	if (json_is_string(schema) && strcmp(json_string_value(schema), "memtrace-snapshot/1") == 0)
		return 0;
	return json_error_at(&at, document->err, "must be \"memtrace-snapshot/1\"");
}

static int read_document(struct import *import, const struct json_object *document)
{
	int moment;

	if (read_schema(document) < 0 || import_tables(document, import->snapshot) < 0)
		return -1;
	moment = snapshot_moment(import->snapshot, NULL, import->err);
	import->default_moment = moment < 0 ? 0 : (size_t)moment;
	frame_import_init(&import->frames, &import->builder);
	if (frame_import_table(&import->frames, document) < 0 ||
		read_traces(import, document) < 0 || read_blocks(import, document) < 0 || read_leaks(import, document) < 0 ||
		import_lives(document, import->snapshot, import->traces.items, import->traces.count) < 0 ||
		import_sampling(document, import->snapshot, import->traces.items, import->traces.count) < 0 ||
		add_counts(import) < 0 ||
		add_run_totals(import, document) < 0 ||
		snapshot_check(import->snapshot, import->err) < 0)
		return -1;
	return import_check(document, import->snapshot);
}

/* A number that is too large is no JSON to jansson: look again where it stands. */
static void say_not_json(
	const char *text, size_t size, const json_error_t *problem, struct error *err)
{
	json_error_t ignored;
	json_t *root = NULL;
	int rc = 0;

	if (json_error_code(problem) == json_error_numeric_overflow)
		root = json_loadb(text, size, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &ignored);
	if (root)
		rc = json_find_too_large(root, NULL, err);
	json_decref(root);
	if (rc == 0)
		error_set(err, "line %d, column %d: not JSON: %s", problem->line, problem->column,
			problem->text);
}

struct snapshot *import_json(const char *text, size_t size, struct error *err)
{
	struct import import = {.err = err};
	struct json_object document;
	json_error_t problem;
	json_t *root;
	int rc;

	if (size > SCAN_FROM && json_scan(text, size, err) < 0)
		return NULL;
	root = json_loadb(
		text ? text : "", size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &problem);
	if (!root) {
		say_not_json(text ? text : "", size, &problem, err);
		return NULL;
	}
	import.snapshot = snapshot_new();
	builder_init(&import.builder, import.snapshot);
	rc = json_read_object(&document, root, NULL, err);
	if (rc == 0)
		rc = read_document(&import, &document);
	json_decref(root);
	builder_release(&import.builder);
	frame_import_release(&import.frames);
	ARRAY_FREE(&import.contributions);
	ARRAY_FREE(&import.traces);
	if (rc == 0)
		return import.snapshot;
	snapshot_free(import.snapshot);
	return NULL;
}
