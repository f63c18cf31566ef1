/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer to a query, as printers get it: sorted rows of one snapshot, or of the difference of
 * two, with their sums. tracemalloc's Statistic and StatisticDiff.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "report/group.h"
#include "report/keys.h"
#include "report/query.h"

enum row_status {
	ROW_NEW,
	ROW_GONE,
	ROW_GROWN,
	ROW_SHRUNK,
	ROW_CHANGED, /* only the count moved */
	ROW_SAME,
};

const char *row_status_name(enum row_status status);

struct row {
	uint32_t key;
	int64_t size, count;
	int64_t size_diff, count_diff;	/* of a difference */
	struct variance variance;	/* of size and count, as estimates; of a difference, of that */
	enum row_status status;		/* of a difference */
	enum leak_kind leak;		/* of leaks, which have `now` */
	const struct group_row *now;	/* NULL: gone */
	const struct group_row *before; /* NULL: not there, or no difference */
};

/* Of one kind of leaks. */
struct table_leaks {
	struct groups now, before;
};

/* One side of a table; what it points at stays the caller's and must outlive the table. */
struct side {
	const struct snapshot *snapshot;
	const char *file; /* as the user named it */
	size_t moment;
};

struct table {
	const struct query *query; /* the caller's */
	bool is_diff;
	struct side now, before;
	struct keys keys;
	struct groups groups_now, groups_before;
	ARRAY(struct row) rows;			    /* all of them, in order */
	size_t shown;				    /* how many of them are wanted */
	int64_t size, count, size_diff, count_diff; /* of the blocks that were kept, each once */
	bool is_sampled;			    /* one side is: numbers are estimates */
	struct variance variance;		    /* of the sums, or of their differences */
	bool is_leaks;
	struct table_leaks leaks[LEAK_KINDS];	    /* of all kinds, also those without rows */
};

/* Either returns -1 when a sum is over INT64_MAX. To be released either way. */
int table_top(
	struct table *table, const struct query *query, const struct side *side, struct error *err);
int table_diff(struct table *table, const struct query *query, const struct side *before,
	const struct side *now, struct error *err);
/* What was found when leaks were looked for in NOW, and of it only what has grown since BEFORE unless that is NULL. Rows
 * are of the KINDS (bits, 1 << enum leak_kind), the first kind first. -1 also where nobody has looked. */
int table_leaks(struct table *table, const struct query *query, unsigned int kinds, const struct side *before,
	const struct side *now, struct error *err);
/* "definitely lost", "indirectly lost", "possibly lost", "still reachable". */
const char *leak_kind_words(enum leak_kind kind);
void table_release(struct table *table);

/* For table_leaks.c: a row of what there is now, or was before; and the order when all are there. */
struct row *table_add(struct table *table, const struct group_row *before, const struct group_row *now);
void table_order(struct table *table);

/* The groups' row that tells about a row: the newer one if it is there. */
static inline const struct group_row *row_facts(const struct row *row)
{
	return row->now ? row->now : row->before;
}

/* The row's traceback, oldest first; none for a thread or a process. To be freed with ARRAY_FREE(&frames.all).
 */
struct row_frames row_frames(const struct table *table, const struct row *row);
/* The same of a stack alone; one frame "<unknown>":0 where the stack is empty. */
struct row_frames stack_frames(const struct view *view, uint32_t stack);

#endif
