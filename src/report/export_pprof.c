/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A profile of pprof (github.com/google/pprof, proto/profile.proto), gzip'ed by the command as its
 * readers want it. Its sample types, their order and the period are those of Go's heap profiles,
 * which pprof, Parca and Pyroscope know by name: alloc_objects, alloc_space, inuse_objects,
 * inuse_space, the last one the default. In use is at the moment asked for; allocated is the whole
 * run.
 *
 * A trace is a sample with its thread and domain as labels, a return address a location with its
 * inlined levels as lines, innermost first. Addresses are those of the run, less one, so that they
 * lie in the calling instruction. A location that nobody has named has no line: pprof and Parca
 * then name it themselves, by the mapping's build id. All text is valid UTF-8, as proto3 wants it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/version.h"
#include "report/exporter.h"
#include "report/functions.h"
#include "report/protobuf.h"

/* Fields, by the message. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE,
	PROFILE_MAPPING,
	PROFILE_LOCATION,
	PROFILE_FUNCTION,
	PROFILE_STRING,
	PROFILE_TIME = 9,
	PROFILE_DURATION,
	PROFILE_PERIOD_TYPE,
	PROFILE_PERIOD,
	PROFILE_COMMENT,
	PROFILE_DEFAULT
};
enum { TYPE_TYPE = 1, TYPE_UNIT };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE, SAMPLE_LABEL };
enum { LABEL_KEY = 1, LABEL_TEXT, LABEL_NUMBER };
enum {
	MAPPING_ID = 1,
	MAPPING_START,
	MAPPING_LIMIT,
	MAPPING_OFFSET,
	MAPPING_FILE,
	MAPPING_BUILD_ID,
	MAPPING_FUNCTIONS,
	MAPPING_FILES,
	MAPPING_LINES,
	MAPPING_INLINED
};
enum { LOCATION_ID = 1, LOCATION_MAPPING, LOCATION_ADDRESS, LOCATION_LINE };
enum { LINE_FUNCTION = 1, LINE_LINE };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE };

struct pprof {
	const struct snapshot *snapshot;
	struct view view;
	struct functions functions; /* its strings are the profile's */
	struct buffer profile, part, nested;
	bool *used;		   /* by function: a line names it */
	bool needs_unknown;	   /* a stack without a frame has a location of its own */
	ARRAY(uint64_t) locations; /* of the sample being made */
};

static uint64_t text(struct pprof *pprof, const char *string)
{
	return strings_add(pprof->functions.strings, string);
}

static void value_type(struct pprof *pprof, uint32_t field, const char *type, const char *unit)
{
	proto_uint(&pprof->part, TYPE_TYPE, text(pprof, type));
	proto_uint(&pprof->part, TYPE_UNIT, text(pprof, unit));
	proto_message(&pprof->profile, field, &pprof->part);
}

static void label(struct pprof *pprof, const char *key, uint64_t string, uint64_t number)
{
	proto_uint(&pprof->nested, LABEL_KEY, text(pprof, key));
	proto_uint(&pprof->nested, LABEL_TEXT, string);
	proto_uint(&pprof->nested, LABEL_NUMBER, number);
	proto_message(&pprof->part, SAMPLE_LABEL, &pprof->nested);
}

static void sample(struct pprof *pprof, size_t index)
{
	const struct snapshot *snapshot = pprof->snapshot;
	const struct trace *trace = &snapshot->traces.items[index];
	struct counts live = view_counts(&pprof->view, index);
	const uint64_t values[] = {trace->total_count, trace->total_size, live.count, live.size};
	uint32_t at = trace->stack;

	if (!(values[0] | values[1] | values[2] | values[3]))
		return;
	pprof->locations.count = 0;
	for (; at; at = snapshot->stacks.items[at].parent)
		*ARRAY_PUSH(&pprof->locations) = snapshot->stacks.items[at].location + 1;
	if (!trace->stack) {
		pprof->needs_unknown = true;
		*ARRAY_PUSH(&pprof->locations) = snapshot->locations.count + 1;
	}
	proto_packed(&pprof->part, SAMPLE_LOCATION, pprof->locations.items, pprof->locations.count);
	proto_packed(&pprof->part, SAMPLE_VALUE, values, sizeof(values) / sizeof(*values));
	label(pprof, "domain",
		functions_string(&pprof->functions, snapshot->domains.items[trace->domain].name),
		0);
	if (trace->thread != INDEX_NONE) {
		const struct thread *thread = &snapshot->threads.items[trace->thread];

		label(pprof, "tid", 0, (uint64_t)thread->tid);
		if (thread->name)
			label(pprof, "thread", functions_string(&pprof->functions, thread->name),
				0);
	}
	proto_message(&pprof->profile, PROFILE_SAMPLE, &pprof->part);
}

static uint64_t build_id(struct pprof *pprof, string_id id)
{
	const char *bytes = strings_get(pprof->snapshot->strings, id);
	size_t size = strings_size(pprof->snapshot->strings, id);
	char *hex = xcalloc(2 * size + 1, 1);
	uint64_t added;

	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", (uint8_t)bytes[i]);
	added = text(pprof, hex);
	free(hex);
	return added;
}

static void mapping(struct pprof *pprof, size_t index)
{
	const struct module *module = &pprof->snapshot->modules.items[index];
	bool lines = module->names == MODULE_NAMES_DWARF;
	struct buffer *part = &pprof->part;

	proto_uint(part, MAPPING_ID, index + 1);
	proto_uint(part, MAPPING_START, module->start);
	proto_uint(part, MAPPING_LIMIT, module->end);
	/* A module is all of its file's segments, and so begins where the file does. */
	proto_uint(part, MAPPING_OFFSET, 0);
	proto_uint(part, MAPPING_FILE, functions_string(&pprof->functions, module->path));
	proto_uint(part, MAPPING_BUILD_ID, build_id(pprof, module->build_id));
	proto_uint(part, MAPPING_FUNCTIONS, module->names != MODULE_NAMES_NONE);
	proto_uint(part, MAPPING_FILES, lines);
	proto_uint(part, MAPPING_LINES, lines);
	proto_uint(part, MAPPING_INLINED, lines);
	proto_message(&pprof->profile, PROFILE_MAPPING, part);
}

/* pprof takes the first one for the program. */
static void mappings(struct pprof *pprof)
{
	const struct snapshot *snapshot = pprof->snapshot;
	size_t first = 0;

	while (first < snapshot->modules.count &&
		snapshot->modules.items[first].path != snapshot->run.executable)
		first++;
	if (first < snapshot->modules.count)
		mapping(pprof, first);
	for (size_t i = 0; i < snapshot->modules.count; i++) {
		if (i != first)
			mapping(pprof, i);
	}
}

static void line(struct pprof *pprof, uint32_t function, uint32_t lineno)
{
	pprof->used[function] = true;
	proto_uint(&pprof->nested, LINE_FUNCTION, function + 1);
	proto_uint(&pprof->nested, LINE_LINE, lineno);
	proto_message(&pprof->part, LOCATION_LINE, &pprof->nested);
}

static uint64_t run_address(const struct snapshot *snapshot, const struct location *location)
{
	uint64_t bias =
		location->module == INDEX_NONE ? 0 : snapshot->modules.items[location->module].bias;

	return location->has_address && location->address ? location->address + bias - 1 : 0;
}

static void location(struct pprof *pprof, size_t index)
{
	const struct snapshot *snapshot = pprof->snapshot;
	const struct location *location = &snapshot->locations.items[index];
	uint64_t address = run_address(snapshot, location);

	proto_uint(&pprof->part, LOCATION_ID, index + 1);
	if (location->module != INDEX_NONE)
		proto_uint(&pprof->part, LOCATION_MAPPING, (uint64_t)location->module + 1);
	proto_uint(&pprof->part, LOCATION_ADDRESS, address);
	for (uint32_t i = 0; i < location->n_frames; i++) {
		uint32_t at = location->first_frame + i;
		const struct frame *frame = &snapshot->frames.items[at];
		uint32_t function = pprof->functions.by_frame[at];
		bool open = !frame->function && frame->flags & FRAME_NO_LINE && address &&
			    location->module != INDEX_NONE;

		if (!open)
			line(pprof, function, frame->lineno);
	}
	proto_message(&pprof->profile, PROFILE_LOCATION, &pprof->part);
}

static void unknown_location(struct pprof *pprof)
{
	proto_uint(&pprof->part, LOCATION_ID, pprof->snapshot->locations.count + 1);
	line(pprof, pprof->functions.unknown, 0);
	proto_message(&pprof->profile, PROFILE_LOCATION, &pprof->part);
}

/* Of C, what a function is called is what the system calls it; of other languages it is not kept.
 */
static bool is_system_name(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789_.$@")] == '\0';
}

static void function(struct pprof *pprof, size_t index)
{
	const struct function *function = &pprof->functions.items.items[index];
	struct buffer *part = &pprof->part;

	if (!pprof->used[index])
		return;
	proto_uint(part, FUNCTION_ID, index + 1);
	proto_uint(part, FUNCTION_NAME, function->name);
	if (function->named &&
		is_system_name(strings_get(pprof->functions.strings, function->name)))
		proto_uint(part, FUNCTION_SYSTEM_NAME, function->name);
	proto_uint(part, FUNCTION_FILE, function->file);
	proto_message(&pprof->profile, PROFILE_FUNCTION, part);
}

static void comment(struct pprof *pprof, const char *what, string_id id)
{
	const char *said =
		strings_get(pprof->functions.strings, functions_string(&pprof->functions, id));
	char *whole = xasprintf("%s%s", what, said);
	uint64_t string = text(pprof, whole);

	proto_packed(&pprof->profile, PROFILE_COMMENT, &string, 1);
	free(whole);
}

static void comments(struct pprof *pprof)
{
	const struct run *run = &pprof->snapshot->run;

	comment(pprof, "memtrace " MEMTRACE_VERSION, 0);
	if (run->executable)
		comment(pprof, "program: ", run->executable);
	if (pprof->view.moment < pprof->snapshot->moments.count)
		comment(pprof,
			"in use at: ", pprof->snapshot->moments.items[pprof->view.moment].name);
	for (size_t i = 0; i < run->problems.count; i++)
		comment(pprof, "incomplete: ", run->problems.items[i]);
}

static void times(struct pprof *pprof)
{
	const struct run *run = &pprof->snapshot->run;
	uint64_t taken = pprof->snapshot->moments.items[pprof->view.moment].time_ns;

	if (!taken)
		taken = run->taken_ns;
	proto_uint(&pprof->profile, PROFILE_TIME, taken);
	if (run->started_ns && taken > run->started_ns)
		proto_uint(&pprof->profile, PROFILE_DURATION, taken - run->started_ns);
}

static void strings(struct pprof *pprof)
{
	const struct strings *strings = pprof->functions.strings;

	for (uint32_t i = 0; i < strings_count(strings); i++)
		proto_bytes(&pprof->profile, PROFILE_STRING, strings_get(strings, i),
			strings_size(strings, i));
}

static void tables(struct pprof *pprof)
{
	const struct snapshot *snapshot = pprof->snapshot;

	value_type(pprof, PROFILE_SAMPLE_TYPE, "alloc_objects", "count");
	value_type(pprof, PROFILE_SAMPLE_TYPE, "alloc_space", "bytes");
	value_type(pprof, PROFILE_SAMPLE_TYPE, "inuse_objects", "count");
	value_type(pprof, PROFILE_SAMPLE_TYPE, "inuse_space", "bytes");
	for (size_t i = 0; i < snapshot->traces.count; i++)
		sample(pprof, i);
	mappings(pprof);
	for (size_t i = 0; i < snapshot->locations.count; i++)
		location(pprof, i);
	if (pprof->needs_unknown)
		unknown_location(pprof);
	for (size_t i = 0; i < pprof->functions.items.count; i++)
		function(pprof, i);
	times(pprof);
	value_type(pprof, PROFILE_PERIOD_TYPE, "space", "bytes");
	proto_uint(&pprof->profile, PROFILE_PERIOD, 1);
	comments(pprof);
	proto_uint(&pprof->profile, PROFILE_DEFAULT, text(pprof, "inuse_space"));
	strings(pprof); /* the last, since all of the above add to them */
}

static int write_pprof(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct pprof pprof = {.snapshot = snapshot};

	if (exporter_check_frames(snapshot, err) < 0)
		return -1;
	view_init(&pprof.view, snapshot, query->moment, false);
	functions_init(&pprof.functions, snapshot);
	pprof.used = xcalloc(pprof.functions.items.count, sizeof(bool));
	tables(&pprof);
	out_bytes(out, (const char *)pprof.profile.data, pprof.profile.size);
	free(pprof.used);
	functions_release(&pprof.functions);
	view_release(&pprof.view);
	buffer_free(&pprof.profile);
	buffer_free(&pprof.part);
	buffer_free(&pprof.nested);
	ARRAY_FREE(&pprof.locations);
	return 0;
}

const struct exporter export_pprof = {
	.name = "pprof",
	.summary = "a heap profile for pprof, Parca and Pyroscope",
	.takes_short = true,
	.takes_moment = true,
	.squeeze = SQUEEZE_GZIP,
	.write = write_pprof,
};
