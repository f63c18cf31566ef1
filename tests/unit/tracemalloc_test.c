/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPython's own answers, vector by vector (tests/data/tracemalloc.json; its "conventions" say how
 * to read it). Each kind of vector is run on the code that answers for it: grouping, filters, diffs
 * and tracebacks on the reports, sizes on units.h, events on the recorder's image.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/units.h"
#include "printed.h"
#include "report/import_json.h"
#include "vector_events.h"

static json_t *vectors;

static void load(void)
{
	json_error_t problem;

	vectors = json_load_file("tests/data/tracemalloc.json", 0, &problem);
	cr_assert(vectors, "%s", problem.text);
}

static void unload(void)
{
	json_decref(vectors);
}

/* {domain, size, count 1, total_nframe, frames} of one recorded [domain, size, frames, total]. */
static json_t *document_trace(const json_t *trace)
{
	return json_pack("{s:O, s:O, s:i, s:O, s:O}", "domain", json_array_get(trace, 0), "size",
		json_array_get(trace, 1), "count", 1, "total_nframe", json_array_get(trace, 3),
		"frames", json_array_get(trace, 2));
}

/* The snapshot of the traces; of one alone when ONLY is not negative. */
static struct snapshot *snapshot_of(const json_t *traces, int only)
{
	json_t *list = json_array(), *document;
	struct error err = ERROR_INIT;
	struct snapshot *snapshot;
	char *text;

	for (size_t i = 0; i < json_array_size(traces); i++) {
		if (only < 0 || (size_t)only == i)
			json_array_append_new(list, document_trace(json_array_get(traces, i)));
	}
	document = json_pack("{s:s, s:i, s:o}", "schema", "memtrace-snapshot/1", "traceback_limit",
		16, "traces", list);
	text = json_dumps(document, 0);
	snapshot = import_json(text, strlen(text), &err);
	cr_assert(snapshot, "%s", err.text);
	free(text);
	json_decref(document);
	return snapshot;
}

static const json_t *named_traces(const json_t *vector, const char *key)
{
	const char *name = json_string_value(json_object_get(vector, key));
	const json_t *snapshot = json_object_get(json_object_get(vectors, "snapshots"), name);

	cr_assert(snapshot, "no snapshot %s", name);
	return json_object_get(snapshot, "traces");
}

static void add_filter(struct filters *filters, const json_t *spec)
{
	bool inclusive = json_is_true(json_object_get(spec, "inclusive"));
	const json_t *pattern = json_object_get(spec, "filename_pattern");
	const json_t *lineno = json_object_get(spec, "lineno");
	const json_t *domain = json_object_get(spec, "domain");
	struct filter *filter;

	if (!pattern) {
		filters_add_domain(filters, inclusive, json_integer_value(domain));
		return;
	}
	filter = filters_add_pattern(
		filters, inclusive, json_string_value(pattern), json_string_length(pattern));
	filter->all_frames = json_is_true(json_object_get(spec, "all_frames"));
	if (json_is_integer(lineno))
		filter->lineno = json_integer_value(lineno);
	if (json_is_integer(domain))
		filter->domain = json_integer_value(domain);
}

static struct query query_of(const json_t *vector)
{
	struct query query = QUERY_INIT;
	const json_t *filters = json_object_get(vector, "filters");

	query.limit = 0;
	query.by = (enum group_by)query_by(json_string_value(json_object_get(vector, "key_type")));
	if (json_is_true(json_object_get(vector, "cumulative")))
		query.cumulative = CUMULATIVE_FRAMES;
	for (size_t i = 0; i < json_array_size(filters); i++)
		add_filter(&query.filters, json_array_get(filters, i));
	return query;
}

static void check_row(
	const char *id, const struct table *table, const struct row *row, const json_t *want)
{
	const json_t *traceback = json_object_get(want, "traceback");
	struct row_frames frames = row_frames(table, row);

	cr_assert_eq(row->size, json_integer_value(json_object_get(want, "size")), "%s", id);
	cr_assert_eq(row->count, json_integer_value(json_object_get(want, "count")), "%s", id);
	if (table->is_diff) {
		cr_assert_eq(row->size_diff, json_integer_value(json_object_get(want, "size_diff")),
			"%s", id);
		cr_assert_eq(row->count_diff,
			json_integer_value(json_object_get(want, "count_diff")), "%s", id);
	}
	cr_assert_eq(frames.all.count, json_array_size(traceback), "%s", id);
	for (size_t i = 0; i < frames.all.count; i++) {
		const json_t *frame = json_array_get(traceback, i);

		cr_assert_str_eq(frames.all.items[i].filename.data,
			json_string_value(json_array_get(frame, 0)), "%s", id);
		cr_assert_eq(frames.all.items[i].lineno,
			json_integer_value(json_array_get(frame, 1)), "%s", id);
	}
	ARRAY_FREE(&frames.all);
}

static void check_table(const char *id, struct table *table, const json_t *expect)
{
	const json_t *rows = json_object_get(expect, "rows");
	char *text = printed(printer_find("text"), table, 0), *line = text, *end;

	cr_assert_eq(table->rows.count, json_array_size(rows), "%s", id);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *want = json_array_get(rows, i);

		check_row(id, table, &table->rows.items[i], want);
		if (table->query->by == BY_TRACEBACK)
			continue;
		end = strchr(line, '\n');
		cr_assert(end, "%s", id);
		*end = '\0';
		cr_assert_str_eq(line, json_string_value(json_object_get(want, "str")), "%s", id);
		line = end + 1;
	}
	if (json_object_get(expect, "total"))
		cr_assert_eq(table->size, json_integer_value(json_object_get(expect, "total")),
			"%s", id);
	free(text);
}

static void run_statistics(const char *id, const json_t *vector)
{
	const json_t *expect = json_object_get(vector, "expect");
	struct snapshot *snapshot;
	struct error err = ERROR_INIT;
	struct table table;
	struct query query;
	struct side side;

	/* CPython knows no key "function"; we do, and refuse what neither knows. */
	if (json_object_get(expect, "error")) {
		cr_assert_eq(query_by("functions"), -1, "%s", id);
		return;
	}
	query = query_of(vector);
	snapshot = snapshot_of(named_traces(vector, "snapshot"), -1);
	side = (struct side){snapshot, id, 0};
	cr_assert_eq(table_top(&table, &query, &side, &err), 0, "%s: %s", id, err.text);
	check_table(id, &table, expect);
	table_release(&table);
	query_release(&query);
	snapshot_free(snapshot);
}

static void run_compare_to(const char *id, const json_t *vector)
{
	struct snapshot *old = snapshot_of(named_traces(vector, "old"), -1);
	struct snapshot *new = snapshot_of(named_traces(vector, "new"), -1);
	struct side before = {old, id, 0}, now = {new, id, 0};
	struct query query = query_of(vector);
	struct error err = ERROR_INIT;
	struct table table;

	cr_assert_eq(table_diff(&table, &query, &before, &now, &err), 0, "%s: %s", id, err.text);
	check_table(id, &table, json_object_get(vector, "expect"));
	table_release(&table);
	query_release(&query);
	snapshot_free(old);
	snapshot_free(new);
}

/* One trace at a time, since equal ones are one in a snapshot. */
static void run_filter_traces(const char *id, const json_t *vector)
{
	const json_t *kept = json_object_get(json_object_get(vector, "expect"), "kept");
	const json_t *filters = json_object_get(vector, "filters");
	const json_t *traces = named_traces(vector, "snapshot");
	struct filters chosen = {{0}};
	size_t next = 0;

	for (size_t i = 0; i < json_array_size(filters); i++)
		add_filter(&chosen, json_array_get(filters, i));
	for (size_t i = 0; i < json_array_size(traces); i++) {
		struct snapshot *snapshot = snapshot_of(traces, (int)i);
		bool want = json_integer_value(json_array_get(kept, next)) == (json_int_t)i &&
			    next < json_array_size(kept);
		struct sieve *sieve;
		struct view view;

		view_init(&view, snapshot, 0, false);
		sieve = sieve_new(&chosen, &view);
		cr_assert_eq(sieve_keeps(sieve, &snapshot->traces.items[0]), want, "%s: trace %zu",
			id, i);
		next += want;
		sieve_free(sieve);
		view_release(&view);
		snapshot_free(snapshot);
	}
	cr_assert_eq(next, json_array_size(kept), "%s", id);
	filters_release(&chosen);
}

static struct snapshot *one_traceback(const json_t *vector)
{
	json_t *traces = json_pack("[[i, i, O, O]]", 0, 1, json_object_get(vector, "traceback"),
		json_object_get(vector, "total_nframe"));
	struct snapshot *snapshot = snapshot_of(traces, -1);

	json_decref(traces);
	return snapshot;
}

static void write_sources(const json_t *files)
{
	char folder[] = "/tmp/memtrace-sources-XXXXXX";
	struct error err = ERROR_INIT;
	const char *name;
	json_t *text;

	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
	json_object_foreach((json_t *)files, name, text)
		cr_assert_eq(file_write(name, json_string_value(text), json_string_length(text),
				     FILE_REPLACE, &err),
			0);
}

static void remove_sources(const json_t *files)
{
	char folder[100];
	const char *name;
	json_t *text;

	json_object_foreach((json_t *)files, name, text) unlink(name);
	cr_assert(getcwd(folder, sizeof(folder)) && rmdir(folder) == 0 && chdir("/") == 0);
}

static void run_traceback_format(const char *id, const json_t *vector)
{
	const json_t *lines = json_object_get(json_object_get(vector, "expect"), "lines");
	const json_t *limit = json_object_get(vector, "limit");
	struct snapshot *snapshot = one_traceback(vector);
	struct query query = QUERY_INIT;
	char *got, *at;

	query.by = BY_TRACEBACK;
	query.oldest_first = !json_is_true(json_object_get(vector, "most_recent_first"));
	if (json_is_integer(limit))
		query.frames = json_integer_value(limit);
	write_sources(json_object_get(vector, "files"));
	got = top_text(snapshot, &query, "text");
	at = strchr(got, '\n') + 1; /* behind the line of numbers */
	for (size_t i = 0; i < json_array_size(lines); i++) {
		char *line = strsep(&at, "\n");

		cr_assert_str_eq(line, json_string_value(json_array_get(lines, i)), "%s", id);
	}
	cr_assert_str_eq(at, "", "%s", id);
	remove_sources(json_object_get(vector, "files"));
	free(got);
	snapshot_free(snapshot);
}

static void check_frame(const char *id, const struct row_frame *frame, const char *want)
{
	char text[100];

	snprintf(text, sizeof(text), "%s:%u", frame->filename.data, frame->lineno);
	cr_assert_str_eq(text, want, "%s", id);
}

/* repr() is Python's; what it tells is what the row knows. */
static void run_traceback_repr(const char *id, const json_t *vector)
{
	const json_t *expect = json_object_get(vector, "expect");
	struct snapshot *snapshot = one_traceback(vector);
	struct side side = {snapshot, id, 0};
	struct query query = QUERY_INIT;
	struct error err = ERROR_INIT;
	struct row_frames frames;
	struct table table;
	char *text = NULL;
	size_t size;
	struct out out;

	query.by = BY_TRACEBACK;
	cr_assert_eq(table_top(&table, &query, &side, &err), 0, "%s: %s", id, err.text);
	out_init(&out, open_memstream(&text, &size));
	place_write(&table.keys, keys_oldest(&table.keys, table.rows.items[0].key), &out);
	fclose(out.stream);
	assert_text(text, json_string_value(json_object_get(expect, "str")));
	frames = row_frames(&table, &table.rows.items[0]);
	cr_assert_eq(
		(json_int_t)frames.all.count, json_integer_value(json_object_get(expect, "len")));
	check_frame(id, &frames.all.items[0], json_string_value(json_object_get(expect, "first")));
	check_frame(id, &frames.all.items[frames.all.count - 1],
		json_string_value(json_object_get(expect, "last")));
	cr_assert_eq(table.rows.items[0].now->max_nframe,
		json_integer_value(json_object_get(expect, "total_nframe")));
	ARRAY_FREE(&frames.all);
	table_release(&table);
	snapshot_free(snapshot);
}

static void run_format_size(const char *id, const json_t *vector)
{
	const json_t *rows = json_object_get(vector, "rows");
	char text[UNITS_MAX];

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i), *value = json_array_get(row, 0);
		const char *plain = json_string_value(json_array_get(row, 1));

		if (json_is_array(value)) {
			units_average(text, json_integer_value(json_array_get(value, 0)),
				json_integer_value(json_array_get(value, 1)));
			cr_assert_str_eq(text, plain, "%s", id);
			continue;
		}
		units_size(text, json_integer_value(value), false);
		cr_assert_str_eq(text, plain, "%s", id);
		units_size(text, json_integer_value(value), true);
		cr_assert_str_eq(text, json_string_value(json_array_get(row, 2)), "%s", id);
	}
}

/* Where CPython raises, we say a line; taking a snapshot while stopped is asked of the API. */
static void run_errors(const char *id, const json_t *vector)
{
	struct error err = ERROR_INIT;
	struct buffer file = {0};
	const json_t *first = json_array_get(json_object_get(vectors, "vectors"), 0);
	struct snapshot *snapshot = snapshot_of(named_traces(first, "snapshot"), -1), *again;
	char *before;

	cr_assert(json_is_true(
			  json_object_get(json_object_get(vector, "expect"), "round trip equal")),
		"%s", id);
	cr_assert_null(snapshot_read("no/such.snap", &err));
	cr_assert_str_eq(err.text, "cannot open no/such.snap: No such file or directory");
	cr_assert_null(snapshot_decode("", 0, &err));
	snapshot_encode(snapshot, &file);
	cr_assert_null(snapshot_decode(file.data, file.size - 1, &err));
	cr_assert_eq(file_write("no/such.snap", file.data, file.size, FILE_REPLACE, &err), -1);
	again = snapshot_decode(file.data, file.size, &err);
	cr_assert(again, "%s", err.text);
	before = exported(snapshot, "json", NULL, METRIC_SIZE);

	assert_text(exported(again, "json", NULL, METRIC_SIZE), before);
	free(before);
	buffer_free(&file);
	snapshot_free(snapshot);
	snapshot_free(again);
}

static const struct {
	const char *op;
	void (*run)(const char *id, const json_t *vector);
	size_t count; /* how many vectors of it there are */
} ops[] = {
	{"statistics", run_statistics, 12},
	{"compare_to", run_compare_to, 7},
	{"filter_traces", run_filter_traces, 15},
	{"traceback_format", run_traceback_format, 9},
	{"traceback_repr", run_traceback_repr, 1},
	{"format_size", run_format_size, 1},
	{"events", vector_events, 4},
	{"alloc_events", vector_alloc_events, 1},
	{"errors", run_errors, 1},
};

static void run_op(size_t index)
{
	const json_t *list = json_object_get(vectors, "vectors");
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *vector = json_array_get(list, i);

		if (strcmp(json_string_value(json_object_get(vector, "op")), ops[index].op) != 0)
			continue;
		ops[index].run(json_string_value(json_object_get(vector, "id")), vector);
		count++;
	}
	cr_assert_eq(count, ops[index].count, "%s", ops[index].op);
}

Test(tracemalloc, statistics, .init = load, .fini = unload)
{
	run_op(0);
}

Test(tracemalloc, compare_to, .init = load, .fini = unload)
{
	run_op(1);
}

Test(tracemalloc, filter_traces, .init = load, .fini = unload)
{
	run_op(2);
}

Test(tracemalloc, traceback_format, .init = load, .fini = unload)
{
	run_op(3);
}

Test(tracemalloc, traceback_repr, .init = load, .fini = unload)
{
	run_op(4);
}

Test(tracemalloc, format_size, .init = load, .fini = unload)
{
	run_op(5);
}

Test(tracemalloc, events, .init = load, .fini = unload)
{
	run_op(6);
}

Test(tracemalloc, alloc_events, .init = load, .fini = unload)
{
	run_op(7);
}

Test(tracemalloc, errors, .init = load, .fini = unload)
{
	run_op(8);
}

Test(tracemalloc, every_vector_has_a_runner, .init = load, .fini = unload)
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		count += ops[i].count;
	cr_assert_eq(count, json_array_size(json_object_get(vectors, "vectors")));
}
