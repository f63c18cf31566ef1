/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked of a snapshot: how blocks are put together, which ones take part, and how many rows
 * are wanted in which order. A query is plain data, made by cmd/ and only read here.
 */
#ifndef REPORT_QUERY_H
#define REPORT_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "report/filter.h"

enum group_by {
	BY_LINENO,
	BY_FILENAME,
	BY_TRACEBACK,
	BY_FUNCTION,
	BY_MODULE,
	BY_THREAD,
	BY_PROCESS, /* of a merged snapshot; else all is of one */
	BY_PROGRAM, /* processes by the names of their programs */
	BY_OWNER, /* lineno of the first frame that is the program's own (standard.h) */
	BY_SIZE,  /* class of sizes, see struct size_class */
};

enum cumulative {
	CUMULATIVE_NO,
	CUMULATIVE_FRAMES, /* once per frame, as tracemalloc does: recursion counts repeatedly */
	CUMULATIVE_ONCE,   /* once per distinct place, as pprof does */
};

enum sort_by {
	SORT_SIZE, /* tracemalloc's order */
	SORT_COUNT,
	SORT_AVERAGE,
	SORT_NAME, /* ascending, by place */
	/* What became of blocks: rows may then have no live ones. See measure.h. */
	SORT_TEMPORARY,
	SORT_CHURN,
	SORT_LIFETIME,
	SORT_PEAK,
};

#define QUERY_FRAMES_ALL INT64_MAX
#define QUERY_NO_DOMAIN -1

struct query {
	enum group_by by;
	enum cumulative cumulative;
	enum sort_by sort;
	struct filters filters;
	int64_t only_domain; /* an id, or QUERY_NO_DOMAIN: filters and this must both hold */
	bool hide_standard;  /* leave frames of allocators and the C++ library out of stacks */
	uint64_t limit;	     /* rows shown; 0 all */
	int64_t frames;	   /* of a traceback shown, CPython's way: N > 0 the N most recent, else all
			    * but the |N| most recent (0: none); QUERY_FRAMES_ALL */
	bool oldest_first; /* order of the frames of a traceback shown */
	uint32_t leaks;	   /* of what is grouped; as in struct view */
	const struct suppressions *suppressions; /* of leaks; or NULL; the caller's */
	bool full_names;   /* of functions, also in tables: else see short_name.h */
};

#define QUERY_INIT                                                                                 \
	{                                                                                          \
		.only_domain = QUERY_NO_DOMAIN, .limit = 10, .frames = QUERY_FRAMES_ALL            \
	}

/* The names that users write, "a|b|c" (for --help too), and their values; -1 for another name. */
#define QUERY_BY_NAMES "filename|lineno|traceback|function|module|thread|process|program|owner|size"
#define QUERY_SORT_NAMES "size|count|average|name|temporary|churn|lifetime|peak"
int query_by(const char *name);
/* Whether a row is of no frame, but of who has allocated. */
static inline bool query_by_whom(enum group_by by)
{
	return by == BY_THREAD || by == BY_PROCESS || by == BY_PROGRAM;
}
const char *query_by_name(enum group_by by);
int query_sort(const char *name);
const char *query_sort_name(enum sort_by sort);

/* Whether the parts go together; an error says which two do not. */
int query_check(const struct query *query, struct error *err);
void query_release(struct query *query);

#endif
