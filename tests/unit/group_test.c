/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows: what belongs together, in which order, and what the sums do at their limits. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "printed.h"

#define HEAD "{'schema': 'memtrace-snapshot/1', 'traceback_limit': 8, "

static void assert_top(const char *document, struct query *query, const char *want)
{
	struct snapshot *snapshot = imported(document);

	assert_text(top_text(snapshot, query, "text"), want);
	query_release(query);
	snapshot_free(snapshot);
}

/* A module without lines: by module and function, without a symbol by address. */
#define STRIPPED                                                                                   \
	HEAD "'frames': [{'filename': '/bin/x', 'lineno': 0, 'function': 'f', 'module': "          \
	     "'/bin/x', "                                                                          \
	     "'address': '0x10'}, {'filename': '/bin/x', 'lineno': 0, 'function': 'f', 'module': " \
	     "'/bin/x', 'address': '0x20'}, {'filename': '/bin/x', 'lineno': 0, 'module': "        \
	     "'/bin/x', 'address': '0x11d2'}, ['/bin/x', 0], {'filename': '<unknown>', 'lineno': " \
	     "0, 'address': '0x7000'}, {'filename': 'a.c', 'lineno': 3, 'function': 'g', "         \
	     "'module': '/bin/x', 'address': '0x30'}], 'traces': ["                                \
	     "{'size': 1, 'count': 1, 'frames': [0]}, {'size': 2, 'count': 1, 'frames': [1]}, "    \
	     "{'size': 10, 'count': 1, 'frames': [2]}, {'size': 20, 'count': 1, 'frames': [3]}, "  \
	     "{'size': 40, 'count': 1, 'frames': [4]}, {'size': 80, 'count': 1, 'frames': []}, "   \
	     "{'size': 160, 'count': 1, 'frames': [5]}]}"

Test(group, frames_without_a_line)
{
	struct query query = QUERY_INIT;

	assert_top(STRIPPED, &query,
		"a.c:3: size=160 B, count=1, average=160 B\n"
		"<unknown>:0: size=120 B, count=2, average=60 B\n"
		"/bin/x:0: size=20 B, count=1, average=20 B\n"
		"/bin/x(+0x11d2): size=10 B, count=1, average=10 B\n"
		"/bin/x(f): size=3 B, count=2, average=2 B\n");
	query.by = BY_FILENAME;
	assert_top(STRIPPED, &query,
		"a.c:0: size=160 B, count=1, average=160 B\n"
		"<unknown>:0: size=120 B, count=2, average=60 B\n"
		"/bin/x:0: size=33 B, count=4, average=8 B\n");
	query.by = BY_FUNCTION;
	assert_top(STRIPPED, &query,
		"a.c(g): size=160 B, count=1, average=160 B\n"
		"<unknown>:0: size=120 B, count=2, average=60 B\n"
		"/bin/x(<unknown>): size=20 B, count=1, average=20 B\n"
		"/bin/x(+0x11d2): size=10 B, count=1, average=10 B\n"
		"/bin/x(f): size=3 B, count=2, average=2 B\n");
	query.by = BY_MODULE;
	assert_top(STRIPPED, &query,
		"/bin/x: size=173 B, count=4, average=43 B\n"
		"<unknown>: size=140 B, count=3, average=47 B\n");
}

#define THREADS                                                                                    \
	HEAD "'threads': [{'tid': 7, 'name': 'main'}, {'tid': 8}], 'traces': ["                    \
	     "{'size': 1, 'count': 1, 'thread': 0, 'frames': [['a.c', 1]]},"                       \
	     "{'size': 2, 'count': 1, 'thread': 1, 'frames': [['a.c', 1]]},"                       \
	     "{'size': 4, 'count': 1, 'thread': 0, 'frames': [['b.c', 1]]},"                       \
	     "{'size': 3, 'count': 1, 'frames': [['b.c', 1]]}]}"

Test(group, threads)
{
	struct query query = QUERY_INIT;

	query.by = BY_THREAD;
	assert_top(THREADS, &query,
		"thread 7 (main): size=5 B, count=2, average=2 B\n"
		"<unknown>: size=3 B, count=1, average=3 B\n"
		"thread 8: size=2 B, count=1, average=2 B\n");
	query.by = BY_LINENO;
	assert_top(THREADS, &query,
		"b.c:1: size=7 B, count=2, average=4 B\n"
		"a.c:1: size=3 B, count=2, average=2 B\n");
}

#define RECURSIVE                                                                                  \
	HEAD "'traces': [{'size': 10, 'count': 2, 'frames': [['r.c', 5], ['r.c', 5], ['r.c', 6], " \
	     "['main.c', 1]]}]}"

Test(group, cumulative_counts_each_frame_or_each_place_once)
{
	struct query query = QUERY_INIT;

	query.cumulative = CUMULATIVE_FRAMES;
	assert_top(RECURSIVE, &query,
		"r.c:5: size=20 B, count=4, average=5 B\n"
		"r.c:6: size=10 B, count=2, average=5 B\n"
		"main.c:1: size=10 B, count=2, average=5 B\n");
	query.cumulative = CUMULATIVE_ONCE;
	assert_top(RECURSIVE, &query,
		"r.c:6: size=10 B, count=2, average=5 B\n"
		"r.c:5: size=10 B, count=2, average=5 B\n"
		"main.c:1: size=10 B, count=2, average=5 B\n");
	query.by = BY_FILENAME;
	assert_top(RECURSIVE, &query,
		"r.c:0: size=10 B, count=2, average=5 B\n"
		"main.c:0: size=10 B, count=2, average=5 B\n");
}

#define ORDERED                                                                                    \
	HEAD "'traces': [{'size': 6, 'count': 1, 'frames': [['b.c', 9]]}, {'size': 6, 'count': "   \
	     "3, "                                                                                 \
	     "'frames': [['a.c', 10]]}, {'size': 6, 'count': 3, 'frames': [['a.c', 9]]}, "         \
	     "{'size': 0, 'count': 0, 'frames': [['gone.c', 1]]}, {'size': 5, 'count': 9, "        \
	     "'frames': [['c.c', 1]]}, {'size': 0, 'count': 1, 'frames': [['zero.c', 1]]}]}"

Test(group, orders)
{
	struct query query = QUERY_INIT;

	query.limit = 2;
	assert_top(ORDERED, &query,
		"a.c:10: size=6 B, count=3, average=2 B\n"
		"a.c:9: size=6 B, count=3, average=2 B\n");
	query.sort = SORT_COUNT;
	assert_top(ORDERED, &query,
		"c.c:1: size=5 B, count=9, average=1 B\n"
		"a.c:10: size=6 B, count=3, average=2 B\n");
	query.sort = SORT_AVERAGE;
	assert_top(ORDERED, &query,
		"b.c:9: size=6 B, count=1, average=6 B\n"
		"a.c:10: size=6 B, count=3, average=2 B\n");
	query.sort = SORT_NAME;
	query.limit = 0;
	assert_top(ORDERED, &query,
		"a.c:9: size=6 B, count=3, average=2 B\n"
		"a.c:10: size=6 B, count=3, average=2 B\n"
		"b.c:9: size=6 B, count=1, average=6 B\n"
		"c.c:1: size=5 B, count=9, average=1 B\n"
		"zero.c:1: size=0 B, count=1, average=0 B\n");
}

/* 2^62 twice is over the limit when a recursive frame counts twice. */
#define HUGE                                                                                       \
	HEAD "'traces': [{'size': 4611686018427387904, 'count': 1, 'frames': [['r.c', 5], "        \
	     "['r.c', "                                                                            \
	     "5]]}, {'size': 4611686018427387903, 'count': 1, 'frames': [['s.c', 5]]}]}"

Test(group, a_sum_over_the_limit_is_an_error)
{
	struct snapshot *snapshot = imported(HUGE);
	struct side side = {snapshot, "huge.snap", 0};
	struct query query = QUERY_INIT;
	struct error err = ERROR_INIT;
	struct table table;

	cr_assert_eq(table_top(&table, &query, &side, &err), 0, "%s", err.text);
	cr_assert_eq(table.size, INT64_MAX);
	table_release(&table);
	query.cumulative = CUMULATIVE_FRAMES;
	cr_assert_eq(table_top(&table, &query, &side, &err), -1);
	cr_assert_str_eq(err.text, "huge.snap: the blocks of r.c add up to more than 2^63 - 1");
	table_release(&table);
	query.cumulative = CUMULATIVE_ONCE;
	cr_assert_eq(table_top(&table, &query, &side, &err), 0, "%s", err.text);
	table_release(&table);
	snapshot_free(snapshot);
}

/* What a row's blocks do not share is not told. */
#define MIXED                                                                                      \
	HEAD "'frames': [{'filename': 'a.c', 'lineno': 1, 'function': 'f', 'module': '/bin/x', "   \
	     "'address': '0x10', 'inlined': false}, {'filename': 'a.c', 'lineno': 1, 'function': " \
	     "'f', 'module': '/bin/x', 'address': '0x20'}, {'filename': 'a.c', 'lineno': 1, "      \
	     "'function': 'g', 'module': '/bin/y', 'address': '0x20', 'inlined': true}, "          \
	     "{'filename': 'b.c', 'lineno': 2, 'function': 'h', 'module': '/bin/y', 'address': "   \
	     "'0x20'}, ['m.c', 9]], 'traces': ["                                                   \
	     "{'domain': 1, 'size': 1, 'count': 1, 'total_nframe': 9, 'frames': [0, 4]}, "         \
	     "{'domain': 0, 'size': 1, 'count': 1, 'total_nframe': 2, 'frames': [1, 4]}%s]}"

static struct row_frames first_frames(const struct snapshot *snapshot, enum group_by by,
	uint32_t *min, uint32_t *max, size_t *domains)
{
	struct side side = {snapshot, "a.snap", 0};
	struct query query = QUERY_INIT;
	struct error err = ERROR_INIT;
	struct row_frames frames;
	struct table table;

	query.by = by;
	cr_assert_eq(table_top(&table, &query, &side, &err), 0, "%s", err.text);
	frames = row_frames(&table, &table.rows.items[0]);
	*min = row_facts(&table.rows.items[0])->min_nframe;
	*max = row_facts(&table.rows.items[0])->max_nframe;
	*domains = row_facts(&table.rows.items[0])->domains.count;
	/* Only facts, no names, are looked at by the callers: they end with the table. */
	table_release(&table);
	return frames;
}

Test(group, what_differs_is_unknown)
{
	static const char *const more[] = {"", ", {'size': 1, 'count': 1, 'frames': [2, 3, 4]}"};

	for (int i = 0; i < 2; i++) {
		char document[2000];
		struct snapshot *snapshot;
		struct row_frames frames;
		uint32_t min, max;
		size_t domains;

		snprintf(document, sizeof(document), MIXED, more[i]);
		snapshot = imported(document);
		frames = first_frames(snapshot, BY_LINENO, &min, &max, &domains);
		cr_expect_eq(frames.all.count, 1);
		cr_expect_not(frames.all.items[0].has_address);
		cr_expect_eq(frames.all.items[0].function.data == NULL, i == 1);
		cr_expect_eq(frames.all.items[0].module.data == NULL, i == 1);
		cr_expect_eq(frames.all.items[0].inlined, i == 1 ? -1 : 0);
		cr_expect_eq(domains, 2);
		cr_expect_eq(min, 2);
		cr_expect_eq(max, 9);
		ARRAY_FREE(&frames.all);
		frames = first_frames(snapshot, BY_TRACEBACK, &min, &max, &domains);
		cr_expect_eq(frames.all.count, 2);
		cr_expect(frames.all.items[1].function.data);
		cr_expect_not(frames.all.items[1].has_address);
		ARRAY_FREE(&frames.all);
		snapshot_free(snapshot);
	}
}

/* A deep stack is one walk, and its frames are all there. */
Test(group, deep_stacks)
{
	enum { DEPTH = 60000 };
	char *document = xmalloc(DEPTH * 20 + 200), *at = document;
	struct query query = QUERY_INIT;
	struct snapshot *snapshot;
	char *text;
	size_t lines = 0;

	at += sprintf(at, HEAD "'traces': [{'size': 1, 'count': 1, 'frames': [");
	for (int i = 0; i < DEPTH; i++)
		at += sprintf(at, "%s['f.c', %d]", i ? ", " : "", i);
	sprintf(at, "]}]}");
	snapshot = imported(document);
	query.by = BY_TRACEBACK;
	text = top_text(snapshot, &query, "text");
	for (const char *line = text; (line = strchr(line, '\n')); line++)
		lines++;
	cr_assert_eq(lines, DEPTH + 1);
	free(text);
	free(document);
	snapshot_free(snapshot);
}
