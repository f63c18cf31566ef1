/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Budgets: what a snapshot may hold at most, and how much it may have grown since another one. A
 * rule is one line of a user's:
 *
 *	peak=64M			the highest live size ever
 *	file:src/parse.c=2M		what that file's blocks hold
 *	count:function:new_node=1000	how many blocks that function holds
 *	current=5%			of growth: against a base
 *
 * That is [METRIC:]PLACE=LIMIT or METRIC=LIMIT, for growth also LIMIT alone. Measuring and judging
 * stand here; budget_print.c says it.
 */
#ifndef REPORT_BUDGET_H
#define REPORT_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/memory.h"
#include "report/table.h"

enum budget_metric {
	BUDGET_CURRENT, /* bytes live at the side's moment */
	BUDGET_PEAK,	/* the highest live bytes ever; of a place: its part of them then */
	BUDGET_COUNT,	/* blocks live at the side's moment */
	BUDGET_TOTAL_SIZE,
	BUDGET_TOTAL_COUNT, /* of all allocations ever made */
};
enum budget_place { BUDGET_ALL, BUDGET_FILE, BUDGET_LINE, BUDGET_FUNCTION, BUDGET_MODULE };

#define BUDGET_METRIC_NAMES "current|peak|count|total_size|total_count"
#define BUDGET_PLACE_NAMES "file|line|function|module"
#define BUDGET_PERCENT 1000000 /* so many units are one percent */

struct budget {
	const char *text; /* as it was written; the caller's */
	bool growth;
	enum budget_metric metric;
	bool any_metric;   /* growth by a limit alone: of the peak, else of current */
	enum budget_place place;
	char *pattern;	   /* owned; NULL of BUDGET_ALL */
	struct glob *glob; /* owned; the pattern */
	struct glob *tail; /* owned; the pattern behind any folders; NULL: it begins with / or * */
	int64_t lineno;	   /* of BUDGET_LINE */
	bool percent;	   /* limit counts in 1/BUDGET_PERCENT percent, else in bytes or blocks */
	uint64_t limit;

	/* What budgets_measure found. */
	uint64_t value, base; /* base: of growth only */
	bool is_estimate;     /* one of the two is */
	uint64_t error;	      /* by so much what is over the limit may be off, at 95 % */
	bool met;	      /* a frame of the snapshot (or of the base) is in the place */
	bool broken;
	bool in_doubt;	      /* over the limit, but by no more than the error: not broken */
};

struct budgets {
	ARRAY(struct budget) all;
	bool all_frames; /* a block belongs to the places of all its frames, not the most recent */
	bool hide_standard;
	size_t broken;
};

/* Adds the rule of TEXT, which must outlive it; -1 when it is none. */
int budgets_add(struct budgets *budgets, bool growth, const char *text, struct error *err);
void budgets_release(struct budgets *budgets);
/* Measures and judges every rule. BASE: NULL unless one is of growth. -1 when a rule asks for what
 * a snapshot does not know. */
int budgets_measure(struct budgets *budgets, const struct side *now, const struct side *base,
	struct error *err);

const char *budget_metric_name(enum budget_metric metric);
const char *budget_place_name(enum budget_place place); /* NULL of BUDGET_ALL */
static inline bool budget_is_size(const struct budget *budget)
{
	return budget->metric != BUDGET_COUNT && budget->metric != BUDGET_TOTAL_COUNT;
}
/* The most that VALUE could have been: 2^64 - 1 at most. */
uint64_t budget_allowed(const struct budget *budget);

/* One line a rule, the broken ones first. */
struct out;
void budgets_text(const struct budgets *budgets, struct out *out);
/* memtrace-check/1. BASE may be NULL. */
void budgets_json(const struct budgets *budgets, const struct side *now, const struct side *base,
	struct out *out);

#endif
