/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents: the smallest one, what may be left out, and the line that each mistake gets. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "printed.h"
#include "report/import_json.h"

Test(import_json, the_smallest_document)
{
	struct snapshot *snapshot = imported(
		"{ 'schema': 'memtrace-snapshot/1', 'traceback_limit': 8, 'traces': [ {'domain': "
		"0, "
		"'size': 4096, 'count': 1, 'total_nframe': 5, 'frames': [['/src/buf.c', 31], "
		"['/src/net.c', 120], ['/src/main.c', 12]]} ] }");
	struct query query = QUERY_INIT;

	cr_assert_eq(snapshot->run.frames_limit, 8);
	cr_assert_eq(snapshot->moments.count, 1);
	cr_assert_eq(snapshot->moments.items[0].live.size, 4096);
	cr_assert_eq(snapshot->run.total_size, 4096);
	cr_assert_eq(snapshot->run.total_count, 1);
	cr_assert_eq(snapshot->traces.items[0].total_nframe, 5);
	cr_assert(snapshot->run.complete && snapshot->run.ended);
	cr_assert_eq(snapshot->run.exit_code, -1);
	query.by = BY_TRACEBACK;
	assert_text(top_text(snapshot, &query, "text"), "1 memory blocks: 4096 B\n"
							"  File \"/src/buf.c\", line 31\n"
							"  File \"/src/net.c\", line 120\n"
							"  File \"/src/main.c\", line 12\n");
	snapshot_free(snapshot);
}

#define TRACES(...) "{'schema': 'memtrace-snapshot/1', 'traces': [" __VA_ARGS__ "]}"

Test(import_json, equal_stacks_are_added)
{
	struct snapshot *snapshot = imported(TRACES(
		"{'size': 1, 'count': 1, 'frames': [['a.c', 1]], 'moments': {'peak': {'size': 3, "
		"'count': 2}}}, {'size': 2, 'count': 2, 'frames': [{'filename': 'a.c', 'lineno': "
		"1}], "
		"'total_size': 9, 'total_count': 8}, {'size': 4, 'count': 1, 'total_nframe': 2, "
		"'frames': [['a.c', 1]]}, {'domain': 3, 'size': 8, 'count': 1, 'frames': [['a.c', "
		"1]]}"));

	cr_assert_eq(snapshot->traces.count, 3);
	cr_assert_eq(snapshot->stacks.count, 2);
	cr_assert_eq(snapshot_counts(snapshot, 0, 0)->size, 3);
	cr_assert_eq(snapshot_counts(snapshot, 0, 0)->count, 3);
	cr_assert_eq(snapshot_counts(snapshot, 1, 0)->size, 3);
	cr_assert_eq(snapshot->traces.items[0].total_size, 10);
	cr_assert_eq(snapshot->traces.items[0].total_count, 9);
	cr_assert_eq(snapshot->moments.items[0].live.size, 15);
	cr_assert_eq(snapshot->domains.items[snapshot->traces.items[2].domain].id, 3);
	snapshot_free(snapshot);
}

Test(import_json, a_file_at_line_0_is_a_line)
{
	struct snapshot *snapshot = imported(TRACES(
		"{'size': 1, 'count': 1, 'frames': [['a.c', 0]]}, {'size': 2, 'count': 1, "
		"'frames': "
		"[{'filename': 'b.c', 'lineno': 0, 'function': 'f'}]}, {'size': 3, 'count': 1, "
		"'frames': [{'filename': '/bin/x', 'lineno': 0, 'module': '/bin/x', 'function': "
		"'f'}]}"));
	struct query query = QUERY_INIT;

	assert_text(top_text(snapshot, &query, "text"),
		"/bin/x(f): size=3 B, count=1, average=3 B\n"
		"b.c:0: size=2 B, count=1, average=2 B\n"
		"a.c:0: size=1 B, count=1, average=1 B\n");
	snapshot_free(snapshot);
}

Test(import_json, inlined_levels_are_one_address)
{
	struct snapshot *snapshot =
		imported(TRACES("{'size': 1, 'count': 1, 'frames': [{'filename': 'a.h', 'lineno': "
				"1, 'inlined': true}, "
				"{'filename': 'b.h', 'lineno': 2, 'inlined': true, 'address': "
				"'0x10', 'module': 'x'}, "
				"{'filename': 'c.c', 'lineno': 3, 'address': '0x10', 'module': "
				"'x'}, ['m.c', 1]]}"));

	cr_assert_eq(snapshot->locations.count, 2);
	cr_assert_eq(snapshot->locations.items[1].n_frames, 3);
	cr_assert_eq(snapshot->locations.items[1].address, 0x10);
	cr_assert_eq(snapshot->modules.count, 1);
	cr_assert_eq(snapshot->traces.items[0].total_nframe, 4);
	snapshot_free(snapshot);
}

Test(import_json, names_of_any_bytes)
{
	struct snapshot *snapshot =
		imported(TRACES("{'size': 1, 'count': 1, 'frames': [{'filename': 'wrong', "
				"'filename_bytes': '/wAx', "
				"'lineno': 1}]}, {'size': 2, 'count': 1, 'frames': "
				"[['a\\u0000b\\ud83d\\ude00', 1]]}"));
	const struct frame *first = &snapshot->frames.items[0];

	cr_assert_eq(strings_size(snapshot->strings, first->filename), 3);
	cr_assert_eq(memcmp(strings_get(snapshot->strings, first->filename), "\xff\0001", 3), 0);
	cr_assert_eq(strings_size(snapshot->strings, snapshot->frames.items[1].filename), 7);
	snapshot_free(snapshot);
}

Test(import_json, the_moment_of_size_and_count)
{
	struct snapshot *snapshot = imported(
		"{'schema': 'memtrace-snapshot/1', 'moments': [{'name': 'peak'}, {'name': 'now'}], "
		"'traces': [{'size': 1, 'count': 1, 'frames': [], 'moments': {'peak': {'size': 5, "
		"'count': 2}, 'later': {'size': 7, 'count': 3}}}]}");

	cr_assert_eq(snapshot->moments.count, 3);
	cr_assert_eq(snapshot->moments.items[0].live.size, 5);
	cr_assert_eq(snapshot->moments.items[1].live.size, 1);
	cr_assert_eq(snapshot->moments.items[2].live.size, 7);
	snapshot_free(snapshot);
}

Test(import_json, the_largest_numbers)
{
	struct snapshot *snapshot = imported(TRACES(
		"{'size': 9223372036854775807, 'count': 9223372036854775807, 'total_nframe': "
		"4294967295, 'domain': 4294967295, 'frames': [['a.c', 4294967295]]}"));
	struct query query = QUERY_INIT;

	assert_text(top_text(snapshot, &query, "text"),
		"a.c:4294967295: size=8388608 TiB, count=9223372036854775807, average=1 B\n");
	snapshot_free(snapshot);
}

static void assert_refused(const char *text, const char *line)
{
	struct error err = ERROR_INIT;
	char *document = xstrdup(text);

	for (char *at = document; *at; at++) {
		if (*at == '\'')
			*at = '"';
	}
	cr_assert_null(import_json(document, strlen(document), &err), "%s", text);
	cr_expect_str_eq(err.text, line, "%s: got %s, want %s", text, err.text, line);
	cr_expect_eq(err.status, EXIT_BAD_INPUT);
	free(document);
}

Test(import_json, what_is_no_document)
{
	assert_refused("", "line 1, column 0: not JSON: '[' or '{' expected near end of file");
	assert_refused("{'a': 1,}", "line 1, column 9: not JSON: string or '}' expected near '}'");
	assert_refused("[]", "the document: must be an object, not an array");
	assert_refused("{}", "schema: is missing");
	assert_refused(
		"{'schema': 'memtrace-snapshot/2'}", "schema: must be \"memtrace-snapshot/1\"");
	assert_refused("{'schema': 'memtrace-snapshot/1'}", "traces: is missing");
	assert_refused("{'schema': 'memtrace-snapshot/1', 'traces': {}}",
		"traces: must be an array, not an object");
	assert_refused("{'schema': 'a', 'schema': 'b'}",
		"line 1, column 24: not JSON: duplicate object key near '\"schema\"'");
	assert_refused(TRACES("{'size': 9223372036854775808}"),
		"traces[0].size: is out of range");
}

Test(import_json, mistakes_in_traces)
{
	assert_refused(TRACES("7"), "traces[0]: must be an object, not an integer");
	assert_refused(TRACES("{}"), "traces[0].size: is missing");
	assert_refused(TRACES("{'size': 1}"), "traces[0].count: is missing");
	assert_refused(TRACES("{'size': 1, 'count': 1}"), "traces[0].frames: is missing");
	assert_refused(TRACES("{'size': '1', 'count': 1, 'frames': []}"),
		"traces[0].size: must be an integer, not a string");
	assert_refused(TRACES("{'size': 1.0, 'count': 1, 'frames': []}"),
		"traces[0].size: must be an integer, not a number with a fraction or exponent");
	assert_refused(TRACES("{'size': -1, 'count': 1, 'frames': []}"),
		"traces[0].size: -1 is out of range");
	assert_refused(TRACES("{'size': 1, 'count': true, 'frames': []}"),
		"traces[0].count: must be an integer, not a boolean");
	assert_refused(TRACES("{'size': 1, 'count': 1, 'domain': 4294967296, 'frames': []}"),
		"traces[0].domain: 4294967296 is out of range");
	assert_refused(TRACES("{'size': 1, 'count': 1, 'total_nframe': 1, 'frames': "
			      "[['a', 1], ['b', 2]]}"),
		"traces[0].total_nframe: 1 is fewer than its 2 frames");
	assert_refused(TRACES("{'size': 1, 'count': 1, 'thread': 0, 'frames': []}"),
		"traces[0].thread: there is no thread 0");
	assert_refused(TRACES("{'size': 1, 'count': 1, 'frames': [], 'moments': {'exit': {'size': "
			      "1, 'count': 1}}}"),
		"traces[0].moments.exit: is what the trace's own size and count are of");
	assert_refused(TRACES("{'size': 1, 'count': 1, 'frames': [], 'moments': {'peak': {'size': "
			      "1}}}"),
		"traces[0].moments.peak.count: is missing");
	assert_refused(TRACES("{'size': 1, 'count': 1, 'frames': [], 'moments': {'peak': 1}}"),
		"traces[0].moments.peak: must be an object, not an integer");
}

#define FRAMES(...) TRACES("{'size': 1, 'count': 1, 'frames': [['ok.c', 1], " __VA_ARGS__ "]}")

Test(import_json, mistakes_in_frames)
{
	assert_refused(
		FRAMES("['a.c', '1']"), "traces[0].frames[1][1]: must be an integer, not a string");
	assert_refused(FRAMES("['a.c', -1]"), "traces[0].frames[1][1]: -1 is out of range");
	assert_refused(FRAMES("[1, 1]"), "traces[0].frames[1][0]: must be a string");
	assert_refused(FRAMES("['a.c']"), "traces[0].frames[1]: must be [filename, lineno]");
	assert_refused(
		FRAMES("'a.c'"), "traces[0].frames[1]: must be [filename, lineno] or an object");
	assert_refused(FRAMES("0"), "traces[0].frames[1]: there is no frame 0");
	assert_refused(FRAMES("{}"), "traces[0].frames[1].filename: is missing");
	assert_refused(FRAMES("{'filename': 'a', 'address': 16}"),
		"traces[0].frames[1].address: must be an address like \"0x4011d2\", not an "
		"integer");
	assert_refused(FRAMES("{'filename': 'a', 'address': '0x'}"),
		"traces[0].frames[1].address: must be an address like \"0x4011d2\"");
	assert_refused(FRAMES("{'filename': 'a', 'address': '0x10000000000000000'}"),
		"traces[0].frames[1].address: must be an address like \"0x4011d2\"");
	assert_refused(FRAMES("{'filename': 'a', 'filename_bytes': 'x'}"),
		"traces[0].frames[1].filename_bytes: must be base64");
	assert_refused(FRAMES("{'filename': 'a', 'module_index': 0}"),
		"traces[0].frames[1].module_index: there is no module 0");
	assert_refused(FRAMES("{'filename': 'a', 'inlined': true}"),
		"traces[0].frames[1]: is inlined, but the function it was inlined into does not "
		"follow");
	assert_refused(FRAMES("{'filename': 'a', 'inlined': true, 'address': '0x1'}, {'filename': "
			      "'b', 'address': '0x2'}"),
		"traces[0].frames[1]: is inlined into a function at another address");
	assert_refused("{'schema': 'memtrace-snapshot/1', 'frames': [['a.c', 1], 5], 'traces': []}",
		"frames[1]: must be [filename, lineno] or an object");
}

#define TABLE(...) "{'schema': 'memtrace-snapshot/1', 'traces': [], " __VA_ARGS__ "}"

Test(import_json, mistakes_in_tables)
{
	assert_refused(TABLE("'run': []"), "run: must be an object, not an array");
	assert_refused(TABLE("'run': {'pid': 'x'}"), "run.pid: must be an integer, not a string");
	assert_refused(TABLE("'run': {'command': ['a', 1]}"), "run.command[1]: must be a string");
	assert_refused(TABLE("'run': {'command': ['a'], 'command_bytes': []}"),
		"run.command: and its _bytes must be of the same length");
	assert_refused(TABLE("'run': {'exit_code': 4294967296}"),
		"run.exit_code: this, or exit_signal, is out of range");
	assert_refused(TABLE("'run': {'follows': [{'image': -1}]}"),
		"run.follows[0].image: -1 is out of range");
	assert_refused(TABLE("'moments': [{}]"), "moments[0].name: is missing");
	assert_refused(TABLE("'domains': [{'name': 'x'}]"), "domains[0].id: is missing");
	assert_refused(TABLE("'threads': {}"), "threads: must be an array, not an object");
	assert_refused(TABLE("'modules': [{}]"), "modules[0].path: is missing");
	assert_refused(TABLE("'modules': [{'path': 'x', 'build_id': 'abc'}]"),
		"modules[0].build_id: must be pairs of hexadecimal digits");
	assert_refused(TABLE("'modules': [{'path': 'x', 'names': 'stabs'}]"),
		"modules[0].names: must be none, symtab or dwarf");
	assert_refused(TABLE("'traceback_limit': 'x'"),
		"traceback_limit: must be an integer, not a string");
}

#define LIVES(...) "{'schema': 'memtrace-snapshot/1', 'traces': [{'size': 5, 'count': 1, 'frames': []}], " __VA_ARGS__ "}"
#define LIFE(...) LIVES("'lives': [{'trace': 0, 'temporary_size': 0, 'temporary_count': 0, 'moved_size': 0, 'moved_count': 0, " \
			"'grown_count': 0, " __VA_ARGS__ "}]")
#define SIZE(bounds, ...) LIVES("'sizes': [{'trace': 0, " bounds ", 'size': 5, 'count': 1, " __VA_ARGS__ "}]")

Test(import_json, mistakes_in_lives)
{
	assert_refused(LIVES("'lives': [{'temporary_size': 1}]"), "lives[0].trace: is missing");
	assert_refused(LIVES("'lives': [{'trace': 1}]"), "lives[0].trace: is no index of traces");
	assert_refused(LIVES("'lives': [{'trace': 0}]"), "lives[0].temporary_size: is missing");
	assert_refused(LIFE("'timed_count': 1"), "lives[0].lifetime_ns: is missing");
	assert_refused(LIFE("'timed_count': 2, 'lifetime_ns': 3"), "life 0 has more lifetimes than its trace has blocks");
	assert_refused(LIVES("'lifetimes': [{'from_ns': 3, 'size': 1, 'count': 1}]"),
		"lifetimes[0].from_ns: 3 is no power of two");
	assert_refused(LIVES("'lifetimes': [{'from_ns': 4, 'size': 1, 'count': 1}]"),
		"the lifetimes are not those of the lives");
	assert_refused(SIZE("'min': 3, 'max': 5", "'total_size': 5, 'total_count': 1"),
		"sizes[0].max: 5 and the min of 3 are not between two powers of two");
	assert_refused(SIZE("'min': 5, 'max': 5", "'total_size': 6, 'total_count': 1"),
		"trace 0 is not the sum of its sizes");
	assert_refused(LIVES("'sizes': []"), "trace 0 is not the sum of its sizes");
	assert_refused(LIVES("'timeline': [{'time_ns': 1, 'size': 2, 'count': 1, 'high': 1}]"),
		"point 0 has more live than its highest");
	snapshot_free(imported(SIZE("'min': 5, 'max': 8", "'total_size': 5, 'total_count': 1")));
}

/* Rows of several stacks that are one trace are one row. */
Test(import_json, lives_of_equal_stacks_are_added)
{
	struct snapshot *snapshot = imported("{'schema': 'memtrace-snapshot/1', 'traces': [{'size': 5, 'count': 1, 'frames': []}, "
					     "{'size': 7, 'count': 1, 'frames': []}], 'lives': [], 'sizes': ["
					     "{'trace': 1, 'min': 7, 'max': 7, 'total_size': 7, 'total_count': 1, 'size': 7, 'count': 1}, "
					     "{'trace': 0, 'min': 5, 'max': 5, 'total_size': 5, 'total_count': 1, 'size': 5, 'count': 1}]}");

	cr_assert(snapshot->keeps_lives && snapshot->keeps_sizes);
	cr_assert_eq(snapshot->lives.count, 1);
	cr_assert_eq(snapshot->sizes.count, 1);
	cr_assert_eq(snapshot->sizes.items[0].min, 5);
	cr_assert_eq(snapshot->sizes.items[0].max, 7);
	cr_assert_eq(snapshot->sizes.items[0].live.size, 12);
	snapshot_free(snapshot);
}

/* A sum that would wrap is an error, wherever it is made. */
Test(import_json, sums_over_the_limit)
{
	assert_refused(
		TRACES("{'size': 9223372036854775807, 'count': 1, 'frames': []}, {'size': 1, "
		       "'count': 1, 'frames': []}"),
		"traces[1].total_size: the totals of this stack add up to more than 2^63 - 1");
	assert_refused(
		TRACES("{'size': 0, 'count': 0, 'frames': [], 'moments': {'peak': {'size': "
		       "9223372036854775807, 'count': 1}}}, {'size': 1, 'count': 1, 'frames': [], "
		       "'moments': {'peak': {'size': 1, 'count': 1}}}"),
		"traces: the blocks of one stack add up to more than 2^63 - 1");
	assert_refused(
		TRACES("{'size': 0, 'count': 0, 'frames': [], 'moments': {'peak': {'size': "
		       "9223372036854775807, 'count': 1}}}, {'size': 1, 'count': 1, 'frames': [['a.c', "
		       "1]], 'moments': {'peak': {'size': 1, 'count': 1}}}"),
		"the blocks of moment 'peak' add up to more than 2^63 - 1");
	assert_refused(
		TRACES("{'size': 9223372036854775807, 'count': 1, 'frames': []}, {'size': 0, "
		       "'count': 0, 'total_size': 1, 'frames': [['a.c', 1]]}"),
		"traces: the totals add up to more than 2^63 - 1");
}

/* What is said twice is said alike. */
#define RUN(run, ...) "{'schema': 'memtrace-snapshot/1', 'run': {" run "}, 'traces': [" __VA_ARGS__ "]}"

Test(import_json, contradictions)
{
	const char *const peak = "{'size': 1, 'count': 1, 'total_size': 9, 'total_count': 3, 'frames': [], 'moments': {'peak': "
				 "{'size': 5, 'count': 2}}}";
	char text[1024];

	assert_refused(TRACES("{'size': 5, 'count': 1, 'total_size': 4, 'frames': []}"),
		"traces[0].total_size: 4 is less than the 5 that are live");
	assert_refused(TRACES("{'size': 5, 'count': 2, 'total_count': 1, 'frames': []}"),
		"traces[0].total_count: 1 is less than the 2 that are live");
	assert_refused(RUN("'total_size': 6", "{'size': 5, 'count': 1, 'frames': []}"),
		"run.total_size: 6 is not the 5 of all traces");
	assert_refused(RUN("'total_count': 0", "{'size': 5, 'count': 1, 'frames': []}"),
		"run.total_count: 0 is not the 1 of all traces");
	snprintf(text, sizeof(text), RUN("'peak_size': 4", "%s"), peak);
	assert_refused(text, "run.peak_size: 4 is not the 5 of all traces at the peak");
	snprintf(text, sizeof(text), RUN("'peak_size': 5, 'peak_count': 3", "%s"), peak);
	assert_refused(text, "run.peak_count: 3 is not the 2 of all traces at the peak");
	assert_refused(RUN("'exit_code': 0, 'exit_signal': 9", ),
		"run.exit_code: a program ends by exit or by signal, not by both");
	assert_refused(RUN("'exit_code': 0, 'ended': false", ), "run.ended: is false, and how it ended is told");
	assert_refused("{'schema': 'memtrace-snapshot/1', 'traces': [], 'modules': [{'path': 'x', 'start': '0x2', 'end': '0x1'}]}",
		"modules[0].end: is below its start");
	assert_refused("{'schema': 'memtrace-snapshot/1', 'traces': [{'size': 5, 'count': 1, 'frames': []}], 'blocks': "
		       "[{'address': '0x10', 'size': 4, 'trace': 0}]}",
		"blocks: those of one stack add up to 4, and its size is 5");
	snprintf(text, sizeof(text), RUN("'peak_size': 5, 'peak_count': 2, 'total_size': 9, 'total_count': null", "%s"), peak);
	snapshot_free(imported(text));
}

/* What a run does not say of itself its traces tell, number by number. */
Test(import_json, half_of_the_sums)
{
	struct snapshot *snapshot = imported(RUN("'peak_count': 2, 'total_count': 3", "{'size': 1, 'count': 1, 'total_size': 9, "
		"'total_count': 3, 'frames': [], 'moments': {'peak': {'size': 5, 'count': 2}}}"));

	cr_assert_eq(snapshot->run.peak_size, 5);
	cr_assert_eq(snapshot->run.total_size, 9);
	snapshot_free(snapshot);
}
