/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters beyond the vectors of tracemalloc_test.c: how they are written, and views that hide. */
#include <criterion/criterion.h>
#include <string.h>
#include "printed.h"
#include "report/standard.h"

static void assert_filter(const char *text, const char *pattern, int64_t lineno)
{
	struct filters filters = {{0}};
	struct filter *filter = filters_add_text(&filters, true, text);

	cr_expect_str_eq(filter->pattern, pattern);
	cr_expect_eq(filter->lineno, lineno, "%s: %ld", text, filter->lineno);
	filters_release(&filters);
}

Test(filter, glob_and_line)
{
	assert_filter("*.c", "*.c", FILTER_NO_LINE);
	assert_filter("a.c:31", "a.c", 31);
	assert_filter("a.c:0", "a.c", 0);
	assert_filter("a.c:007", "a.c", 7);
	assert_filter("a:b.c", "a:b.c", FILTER_NO_LINE);
	assert_filter("a:1:2", "a:1", 2);
	assert_filter("a.c:", "a.c:", FILTER_NO_LINE);
	assert_filter("a.c:-1", "a.c:-1", FILTER_NO_LINE);
	assert_filter("a.c:1x", "a.c:1x", FILTER_NO_LINE);
	assert_filter(":5", "", 5);
	assert_filter("", "", FILTER_NO_LINE);
	assert_filter("m.pyc", "m.py", FILTER_NO_LINE);
	assert_filter("m.pyc:3", "m.py", 3);
}

Test(filter, a_line_that_no_file_has)
{
	struct filters filters = {{0}};

	cr_assert_gt(
		filters_add_text(&filters, true, "a:99999999999999999999999")->lineno, UINT32_MAX);
	filters_release(&filters);
}

#define DOCUMENT                                                                                   \
	"{'schema': 'memtrace-snapshot/1', 'traceback_limit': 8, 'traces': ["                      \
	"{'domain': 0, 'size': 1, 'count': 1, 'frames': [['a.c', 1], ['main.c', 9]]},"             \
	"{'domain': 1, 'size': 2, 'count': 1, 'frames': [['b.c', 1], ['main.c', 9]]},"             \
	"{'domain': 1, 'size': 4, 'count': 1, 'frames': [['a.c', 2]]},"                            \
	"{'domain': 100, 'size': 8, 'count': 1, 'frames': []}]}"

/* The sum of what is kept: each trace has its own bit. */
static int64_t kept(struct query *query)
{
	struct snapshot *snapshot = imported(DOCUMENT);
	struct side side = {snapshot, "a.snap", 0};
	struct error err = ERROR_INIT;
	struct table table;
	int64_t size;

	cr_assert_eq(table_top(&table, query, &side, &err), 0, "%s", err.text);
	size = table.size;
	table_release(&table);
	query_release(query);
	snapshot_free(snapshot);
	*query = (struct query)QUERY_INIT;
	return size;
}

Test(filter, include_and_domain_are_a_union_only_domain_is_not)
{
	struct query query = QUERY_INIT;

	cr_expect_eq(kept(&query), 15);
	filters_add_text(&query.filters, true, "a.c");
	filters_add_domain(&query.filters, true, 100);
	cr_expect_eq(kept(&query), 13);
	filters_add_text(&query.filters, true, "a.c");
	query.only_domain = 1;
	cr_expect_eq(kept(&query), 4);
	filters_add_text(&query.filters, true, "a.c");
	filters_add_domain(&query.filters, false, 1);
	cr_expect_eq(kept(&query), 1);
	query.only_domain = 77;
	cr_expect_eq(kept(&query), 0);
}

Test(filter, an_empty_stack_is_unknown)
{
	struct query query = QUERY_INIT;

	filters_add_text(&query.filters, true, "<unknown>:0");
	cr_expect_eq(kept(&query), 8);
	filters_add_text(&query.filters, true, "<*>")->all_frames = true;
	cr_expect_eq(kept(&query), 8);
}

Test(filter, all_frames_looks_at_each)
{
	struct query query = QUERY_INIT;

	filters_add_text(&query.filters, false, "main.c:9");
	cr_expect_eq(kept(&query), 15);
	filters_add_text(&query.filters, false, "main.c:9")->all_frames = true;
	cr_expect_eq(kept(&query), 12);
	filters_add_text(&query.filters, true, "main.c:1")->all_frames = true;
	cr_expect_eq(kept(&query), 0);
}

static bool is_standard(const char *file, const char *function)
{
	struct snapshot *snapshot = snapshot_new();
	struct frame frame = {.filename = strings_add(snapshot->strings, file),
		.function = strings_add(snapshot->strings, function)};
	bool found = standard_frame(snapshot, &frame);

	snapshot_free(snapshot);
	return found;
}

Test(standard, frames_that_every_program_has)
{
	cr_expect(is_standard("/usr/include/c++/12/bits/new_allocator.h", "allocate"));
	cr_expect(is_standard("src/x.c", "xmalloc"));
	cr_expect(is_standard("/bin/x", "void std::vector<int, A<int> >::reserve(unsigned long)"));
	cr_expect(
		is_standard("/bin/x", "std::pair<int, int>& std::map<int, int>::operator[](int)"));
	cr_expect(is_standard("/bin/x", "operator new(unsigned long)"));
	cr_expect(is_standard("/rustc/abc/library/alloc/src/vec.rs", "push"));
	cr_expect_not(is_standard("src/x.c", "main"));
	cr_expect_not(is_standard("/bin/x", "int find(std::string const&)"));
	cr_expect_not(is_standard("/bin/x", "my::vector<std::string>::grow()"));
	cr_expect_not(is_standard("src/xmalloc.c", "parse"));
}

#define WRAPPED                                                                                    \
	"{'schema': 'memtrace-snapshot/1', 'traceback_limit': 8, 'traces': ["                      \
	"{'size': 10, 'count': 1, 'frames': [{'filename': 'x.c', 'lineno': 1, 'function': "        \
	"'xmalloc'}, ['own.c', 7], ['main.c', 9]]},"                                               \
	"{'size': 3, 'count': 1, 'frames': [{'filename': 'x.c', 'lineno': 1, 'function': "         \
	"'xmalloc'}]}]}"

Test(standard, a_view_hides_them_unless_nothing_were_left)
{
	struct snapshot *snapshot = imported(WRAPPED);
	struct query query = QUERY_INIT;

	assert_text(top_text(snapshot, &query, "text"), "x.c:1: size=13 B, count=2, average=6 B\n");
	query.by = BY_OWNER;
	assert_text(top_text(snapshot, &query, "text"),
		"own.c:7: size=10 B, count=1, average=10 B\n"
		"x.c:1: size=3 B, count=1, average=3 B\n");
	query.by = BY_TRACEBACK;
	query.hide_standard = true;
	assert_text(top_text(snapshot, &query, "text"), "1 memory blocks: 10 B\n"
							"  File \"own.c\", line 7\n"
							"  File \"main.c\", line 9\n"
							"1 memory blocks: 3 B\n"
							"  File \"x.c\", line 1, in xmalloc\n");
	query.by = BY_LINENO;
	query.cumulative = CUMULATIVE_FRAMES;
	assert_text(top_text(snapshot, &query, "text"),
		"own.c:7: size=10 B, count=1, average=10 B\n"
		"main.c:9: size=10 B, count=1, average=10 B\n"
		"x.c:1: size=3 B, count=1, average=3 B\n");
	filters_add_text(&query.filters, true, "own.c");
	query.cumulative = CUMULATIVE_NO;
	assert_text(
		top_text(snapshot, &query, "text"), "own.c:7: size=10 B, count=1, average=10 B\n");
	query_release(&query);
	snapshot_free(snapshot);
}
