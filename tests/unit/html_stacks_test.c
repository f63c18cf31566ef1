/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of stacks of a page: what two snapshots share, what filters leave, what is marked. */
#include <criterion/criterion.h>
#include <string.h>
#include "printed.h"
#include "report/html_stacks.h"

#define HEAD "{'schema': 'memtrace-snapshot/1', 'traceback_limit': 8, "
#define OLD                                                                                                     \
	HEAD "'traces': [{'size': 1, 'count': 1, 'frames': [['a.c', 1], ['main.c', 9]]},"                      \
	     "{'size': 2, 'count': 1, 'frames': [['b.c', 2], ['main.c', 9]]}, {'size': 3, 'count': 1, 'frames': []}]}"
#define NEW                                                                                                     \
	HEAD "'traces': [{'size': 4, 'count': 1, 'frames': [['b.c', 2], ['main.c', 9]]},"                      \
	     "{'size': 8, 'count': 1, 'domain': 1, 'frames': [['b.c', 2], ['main.c', 9]]},"                    \
	     "{'size': 9, 'count': 1, 'frames': [['c.c', 3], ['b.c', 2], ['main.c', 9]]}]}"

static struct html_side added(struct html_stacks *stacks, struct snapshot *snapshot, const struct query *query)
{
	struct side from = {snapshot, "a.snap", 0};
	struct html_side side;

	html_stacks_add(stacks, &side, &from, query);
	return side;
}

Test(html_stacks, two_snapshots_share_what_is_equal)
{
	struct snapshot *old = imported(OLD), *new = imported(NEW);
	struct query query = QUERY_INIT;
	struct html_stacks stacks;
	struct html_side before, now;

	html_stacks_init(&stacks);
	before = added(&stacks, old, &query);
	cr_assert_eq(stacks.nodes.count, 5, "root, main.c, a.c, b.c, <unknown>");
	cr_assert_eq(stacks.rows.count, 3);
	now = added(&stacks, new, &query);
	cr_assert_eq(stacks.nodes.count, 6, "and c.c");
	cr_assert_eq(stacks.rows.count, 5, "and mmap's, and that of c.c");
	cr_assert_eq(now.row_of[0], before.row_of[1]);
	cr_assert_neq(now.row_of[1], now.row_of[0]);
	for (size_t i = 1; i < stacks.nodes.count; i++)
		cr_assert_lt(stacks.nodes.items[i].parent, i, "callers come first");
	html_side_release(&before);
	html_side_release(&now);
	html_stacks_release(&stacks);
	snapshot_free(old);
	snapshot_free(new);
}

Test(html_stacks, what_filters_leave_out_is_not_there)
{
	struct snapshot *new = imported(NEW);
	struct query query = QUERY_INIT;
	struct html_stacks stacks;
	struct html_side side;

	filters_add_text(&query.filters, false, "c.c");
	query.only_domain = 0;
	html_stacks_init(&stacks);
	side = added(&stacks, new, &query);
	cr_assert_eq(stacks.rows.count, 1);
	cr_assert_eq(stacks.nodes.count, 3);
	cr_assert_eq(side.row_of[1], 0);
	cr_assert_eq(side.row_of[2], 0);
	for (size_t i = 0; i < stacks.keys.places.count; i++)
		cr_assert_str_neq(strings_get(stacks.keys.strings, stacks.keys.places.items[i].name), "c.c");
	html_side_release(&side);
	html_stacks_release(&stacks);
	query_release(&query);
	snapshot_free(new);
}

#define MARKED                                                                                                  \
	HEAD "'frames': [{'filename': './malloc/malloc.c', 'lineno': 3, 'function': 'strdup', 'module': "       \
	     "'/lib/x86_64-linux-gnu/libc.so.6'}, {'filename': 'a.c', 'lineno': 4, 'function': 'f', 'inlined': true}, " \
	     "{'filename': '/bin/x', 'lineno': 0, 'module': '/bin/x', 'address': '0x10'}, ['/bin/x', 0]], 'traces': [" \
	     "{'size': 1, 'count': 1, 'frames': [0, 1, 3]}, {'size': 1, 'count': 1, 'frames': [2, 3]}]}"

Test(html_stacks, frames_are_marked)
{
	struct snapshot *snapshot = imported(MARKED);
	struct query query = QUERY_INIT;
	unsigned int seen = 0, plain = 0;
	struct html_stacks stacks;
	struct html_side side;

	html_stacks_init(&stacks);
	side = added(&stacks, snapshot, &query);
	cr_assert_eq(stacks.spots.count, 4);
	for (size_t i = 0; i < stacks.spots.count; i++) {
		const struct html_spot *spot = &stacks.spots.items[i];
		const char *name = strings_get(stacks.keys.strings, spot->name);

		seen |= spot->flags;
		plain += spot->flags == 0;
		if (strcmp(name, "strdup") == 0)
			cr_assert_eq(spot->flags, SPOT_STANDARD);
		if (strcmp(name, "f") == 0)
			cr_assert_eq(spot->flags, SPOT_INLINED);
	}
	cr_assert_eq(seen, SPOT_STANDARD | SPOT_INLINED | SPOT_UNNAMED);
	cr_assert_eq(plain, 1, "['/bin/x', 0] is a line like any other");
	html_side_release(&side);
	html_stacks_release(&stacks);
	snapshot_free(snapshot);
}
