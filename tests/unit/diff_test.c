/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences beyond the vectors: what each row is called, and two moments of one snapshot. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "printed.h"

#define HEAD "{'schema': 'memtrace-snapshot/1', 'traceback_limit': 8, 'traces': ["
#define OLD                                                                                        \
	HEAD "{'size': 10, 'count': 1, 'frames': [['gone.c', 1]]}, {'size': 10, 'count': 1, "      \
	     "'frames': [['grown.c', 1]]}, {'size': 10, 'count': 1, 'frames': [['shrunk.c', "      \
	     "1]]}, "                                                                              \
	     "{'size': 10, 'count': 1, 'frames': [['changed.c', 1]]}, {'size': 10, 'count': 1, "   \
	     "'frames': [['same.c', 1]]}]}"
#define NEW                                                                                        \
	HEAD "{'size': 10, 'count': 1, 'frames': [['new.c', 1]]}, {'size': 12, 'count': 1, "       \
	     "'frames': [['grown.c', 1]]}, {'size': 7, 'count': 1, 'frames': [['shrunk.c', 1]]}, " \
	     "{'size': 10, 'count': 3, 'frames': [['changed.c', 1]]}, {'size': 10, 'count': 1, "   \
	     "'frames': [['same.c', 1]]}]}"

Test(diff, rows_and_their_order)
{
	struct snapshot *old = imported(OLD), *new = imported(NEW);
	struct query query = QUERY_INIT;

	assert_text(diff_text(old, new, &query, "text"),
		"new.c:1: size=10 B (+10 B), count=1 (+1), average=10 B\n"
		"gone.c:1: size=0 B (-10 B), count=0 (-1)\n"
		"shrunk.c:1: size=7 B (-3 B), count=1 (+0), average=7 B\n"
		"grown.c:1: size=12 B (+2 B), count=1 (+0), average=12 B\n"
		"changed.c:1: size=10 B (+0 B), count=3 (+2), average=3 B\n"
		"same.c:1: size=10 B (+0 B), count=1 (+0), average=10 B\n");
	query.sort = SORT_COUNT;
	query.limit = 2;
	assert_text(diff_text(old, new, &query, "text"),
		"changed.c:1: size=10 B (+0 B), count=3 (+2), average=3 B\n"
		"new.c:1: size=10 B (+10 B), count=1 (+1), average=10 B\n");
	snapshot_free(old);
	snapshot_free(new);
}

Test(diff, each_status)
{
	struct snapshot *old = imported(OLD), *new = imported(NEW);
	struct query query = QUERY_INIT;

	assert_text(diff_text(old, new, &query, "csv"),
		"place,filename,lineno,function,module,size,count,average,size_diff,count_diff,"
		"status\n"
		"new.c:1,new.c,1,,,10,1,10,10,1,new\n"
		"gone.c:1,gone.c,1,,,0,0,,-10,-1,gone\n"
		"shrunk.c:1,shrunk.c,1,,,7,1,7,-3,0,shrunk\n"
		"grown.c:1,grown.c,1,,,12,1,12,2,0,grown\n"
		"changed.c:1,changed.c,1,,,10,3,3.3333333333333335,0,2,changed\n"
		"same.c:1,same.c,1,,,10,1,10,0,0,same\n");
	snapshot_free(old);
	snapshot_free(new);
}

Test(diff, tracebacks)
{
	struct snapshot *old = imported(OLD), *new = imported(NEW);
	struct query query = QUERY_INIT;

	query.by = BY_TRACEBACK;
	query.limit = 2;
	assert_text(diff_text(old, new, &query, "text"), "1 memory blocks (+1): 10 B (+10 B)\n"
							 "  File \"new.c\", line 1\n"
							 "0 memory blocks (-1): 0 B (-10 B)\n"
							 "  File \"gone.c\", line 1\n");
	snapshot_free(old);
	snapshot_free(new);
}

Test(diff, of_two_moments)
{
	struct snapshot *snapshot = imported(HEAD
		"{'size': 1, 'count': 1, 'moments': {'peak': {'size': 9, 'count': 3}}, "
		"'frames': [['a.c', 1]]}, {'size': 0, 'count': 0, 'moments': {'peak': {'size': "
		"5, 'count': 1}}, 'frames': [['b.c', 1]]}]}");
	struct side peak = {snapshot, "a.snap", 1}, exit = {snapshot, "a.snap", 0};
	struct query query = QUERY_INIT;
	struct error err = ERROR_INIT;
	struct table table;

	cr_assert_eq(table_diff(&table, &query, &peak, &exit, &err), 0, "%s", err.text);
	assert_text(printed(&print_text, &table, 0),
		"a.c:1: size=1 B (-8 B), count=1 (-2), average=1 B\n"
		"b.c:1: size=0 B (-5 B), count=0 (-1)\n");
	cr_assert_eq(table.size, 1);
	cr_assert_eq(table.size_diff, -13);
	cr_assert_eq(table.count_diff, -3);
	table_release(&table);
	snapshot_free(snapshot);
}

/* Keys are equal by what they say, not by their numbers in either snapshot. */
Test(diff, functions_and_threads_meet_by_name)
{
	struct snapshot *old = imported(
		"{'schema': 'memtrace-snapshot/1', 'threads': [{'tid': 5, 'name': 'w'}], 'traces': "
		"["
		"{'size': 1, 'count': 1, 'thread': 0, 'frames': [{'filename': 'a.c', 'lineno': 1, "
		"'function': 'f'}]}]}");
	struct snapshot *new = imported(
		"{'schema': 'memtrace-snapshot/1', 'threads': [{'tid': 4, 'name': 'x'}, {'tid': 5, "
		"'name': 'w'}], 'traces': [{'size': 7, 'count': 1, 'thread': 1, 'frames': ["
		"{'filename': 'a.c', 'lineno': 2, 'function': 'f'}]}]}");
	struct query query = QUERY_INIT;

	query.by = BY_FUNCTION;
	assert_text(diff_text(old, new, &query, "text"),
		"a.c(f): size=7 B (+6 B), count=1 (+0), average=7 B\n");
	query.by = BY_THREAD;
	assert_text(diff_text(old, new, &query, "text"),
		"thread 5 (w): size=7 B (+6 B), count=1 (+0), average=7 B\n");
	snapshot_free(old);
	snapshot_free(new);
}
