/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of what can be asked, and which questions make no sense.
 */
#include "report/query.h"

#include <string.h>

static const char *const by_names[] = {
	[BY_LINENO] = "lineno",
	[BY_FILENAME] = "filename",
	[BY_TRACEBACK] = "traceback",
	[BY_FUNCTION] = "function",
	[BY_MODULE] = "module",
	[BY_THREAD] = "thread",
	[BY_PROCESS] = "process",
	[BY_PROGRAM] = "program",
	[BY_OWNER] = "owner",
	[BY_SIZE] = "size",
};

static const char *const sort_names[] = {
	[SORT_SIZE] = "size",
	[SORT_COUNT] = "count",
	[SORT_AVERAGE] = "average",
	[SORT_NAME] = "name",
	[SORT_TEMPORARY] = "temporary",
	[SORT_CHURN] = "churn",
	[SORT_LIFETIME] = "lifetime",
	[SORT_PEAK] = "peak",
};

static int find(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

int query_by(const char *name)
{
	return find(by_names, sizeof(by_names) / sizeof(*by_names), name);
}

const char *query_by_name(enum group_by by)
{
	return by_names[by];
}

int query_sort(const char *name)
{
	return find(sort_names, sizeof(sort_names) / sizeof(*sort_names), name);
}

const char *query_sort_name(enum sort_by sort)
{
	return sort_names[sort];
}

int query_check(const struct query *query, struct error *err)
{
	if (query->cumulative != CUMULATIVE_NO && query->by != BY_LINENO &&
		query->by != BY_FILENAME) {
		error_set(err, "cumulative mode cannot be used with --by %s",
			query_by_name(query->by));
		return error_hint(err, "it goes with --by lineno and --by filename");
	}
	if (query->by == BY_SIZE && query->sort >= SORT_TEMPORARY && query->sort != SORT_CHURN) {
		error_set(err, "--sort %s cannot be used with --by size", query_sort_name(query->sort));
		return error_hint(err, "it is known of stacks, not of their blocks by size; --sort churn goes with both");
	}
	return 0;
}

void query_release(struct query *query)
{
	filters_release(&query->filters);
}
