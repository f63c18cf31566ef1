/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traces to rows: tracemalloc's Snapshot._group_by, over traces that stand for many blocks. A trace
 * whose live blocks at the moment are none takes no part, unless rows are sorted by what became of blocks. Rows come in no order; see table.h.
 */
#ifndef REPORT_GROUP_H
#define REPORT_GROUP_H

#include <stdint.h>
#include "base/error.h"
#include "base/memory.h"
#include "report/keys.h"
#include "report/measure.h"
#include "report/query.h"
#include "report/sight.h"
#include "report/view.h"

struct group_row {
	uint32_t key;
	int64_t size, count;
	struct variance variance;	 /* of these two, where blocks were sampled */
	uint32_t varied, times;		 /* the last trace + 1 that it is of, and how often that was added */
	uint32_t min_nframe, max_nframe; /* the true depths of its traces */
	ARRAY(uint32_t) domains;	 /* ids, ascending */
	struct measures measures;
	struct sight sight;		 /* of rows with one place */
	uint32_t last_trace;		 /* a chain of its traces through groups.previous; not when
					  * cumulative */
};

struct groups {
	struct keys *keys; /* the caller's */
	struct view view;
	ARRAY(struct group_row) rows;
	ARRAY(uint32_t) row_of; /* by key: its row + 1, or 0 */
	uint32_t *previous;	/* by trace: the row's trace before it; INDEX_NONE ends */
	int64_t size, count;	/* of the traces that were kept, each once */
	struct variance variance; /* of these two */
	struct counts suppressed; /* of those that are kept but for the query's suppressions */
};

/* -1 when a sum is over INT64_MAX. To be released either way; may be released when zeroed. */
int groups_make(struct groups *groups, struct keys *keys, const struct query *query,
	const struct snapshot *snapshot, size_t moment, struct error *err);
void groups_release(struct groups *groups);
/* The row of KEY or NULL. */
const struct group_row *groups_find(const struct groups *groups, uint32_t key);

#endif
