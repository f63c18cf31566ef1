/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Places are put in the order of files and lines; the lines around those that are near each other are written once.
 */
#include "report/html_source.h"

#include <stdlib.h>
#include "report/source.h"

enum { CONTEXT = 4, LINE_MAX_BYTES = 400 };

struct excerpts {
	struct emitter *emitter;
	const struct strings *strings;
	struct sources *sources;
	ARRAY(const struct place *) places;
};

static int compare(const void *a_data, const void *b_data)
{
	const struct place *a = *(const struct place *const *)a_data, *b = *(const struct place *const *)b_data;

	if (a->name != b->name)
		return a->name < b->name ? -1 : 1;
	return (a->lineno > b->lineno) - (a->lineno < b->lineno);
}

static void collect(struct excerpts *excerpts, const struct html_stacks *stacks)
{
	uint8_t *seen = xcalloc(stacks->keys.places.count + 1, 1);

	for (size_t i = 0; i < stacks->spots.count; i++) {
		uint32_t index = stacks->spots.items[i].line;
		const struct place *place = &stacks->keys.places.items[index];

		if (seen[index] || place->kind != PLACE_LINE || !place->lineno)
			continue;
		seen[index] = 1;
		*ARRAY_PUSH(&excerpts->places) = place;
	}
	free(seen);
	if (excerpts->places.count)
		qsort(excerpts->places.items, excerpts->places.count, sizeof(struct place *), compare);
}

/* Writes those from LINENO to LAST, as far as the file goes. */
static void write_lines(struct excerpts *excerpts, string_id name, uint64_t lineno, uint64_t last)
{
	for (; lineno <= last; lineno++) {
		size_t size;
		const char *text = sources_text(excerpts->sources, strings_get(excerpts->strings, name),
			strings_size(excerpts->strings, name), (uint32_t)lineno, &size);

		if (!text)
			return;
		emit_begin(excerpts->emitter, NULL, '[');
		emit_uint(excerpts->emitter, NULL, lineno);
		emit_text(excerpts->emitter, NULL, text, size < LINE_MAX_BYTES ? size : LINE_MAX_BYTES);
		emit_end(excerpts->emitter);
	}
}

/* The places from FIRST on that are of one file; where those of the next begin. */
static size_t write_file(struct excerpts *excerpts, size_t first, uint64_t began_ns)
{
	const struct place *const *places = excerpts->places.items;
	string_id name = places[first]->name;
	const char *filename = strings_get(excerpts->strings, name);
	uint64_t next = 1;
	uint32_t n_lines;
	bool going;
	size_t i = first;

	going = sources_count(excerpts->sources, filename, strings_size(excerpts->strings, name), &n_lines);
	if (going) {
		emit_begin(excerpts->emitter, NULL, '{');
		emit_uint(excerpts->emitter, "file", name);
		emit_bool(excerpts->emitter, "newer", source_newer(filename, began_ns));
		emit_begin(excerpts->emitter, "lines", '[');
	}
	for (; i < excerpts->places.count && places[i]->name == name; i++) {
		uint64_t lineno = places[i]->lineno, last = lineno + CONTEXT;
		uint64_t from = lineno > CONTEXT ? lineno - CONTEXT : 1;

		if (!going || lineno > n_lines)
			continue;
		write_lines(excerpts, name, from > next ? from : next, last);
		next = last + 1;
	}
	if (going) {
		emit_end(excerpts->emitter);
		emit_end(excerpts->emitter);
	}
	return i;
}

void html_source_json(struct emitter *emitter, const struct html_stacks *stacks, const struct snapshot *snapshot)
{
	const struct run *run = &snapshot->run;
	struct excerpts excerpts = {.emitter = emitter};

	if (!stacks) {
		emit_null(emitter, "sources");
		return;
	}
	excerpts.strings = stacks->keys.strings;
	excerpts.sources = sources_new();
	collect(&excerpts, stacks);
	emit_begin(emitter, "sources", '[');
	for (size_t i = 0; i < excerpts.places.count;)
		i = write_file(&excerpts, i, run->started_ns ? run->started_ns : run->taken_ns);
	emit_end(emitter);
	sources_free(excerpts.sources);
	ARRAY_FREE(&excerpts.places);
}
