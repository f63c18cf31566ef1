/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a trace weighs: what is live, or all that it has ever allocated; by its bytes or by its blocks.
 */
#ifndef REPORT_METRIC_H
#define REPORT_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include "report/exporter.h"
#include "report/view.h"

/* Of blocks, not of bytes. */
static inline bool metric_counts_blocks(enum metric metric)
{
	return metric == METRIC_COUNT || metric == METRIC_TOTAL_COUNT;
}
/* Of all ever allocated, whatever the moment. */
static inline bool metric_is_total(enum metric metric)
{
	return metric == METRIC_TOTAL_SIZE || metric == METRIC_TOTAL_COUNT;
}
/* The bytes and blocks of a trace that the metric looks at. */
struct counts metric_counts(const struct view *view, size_t trace, enum metric metric);
/* The one of them that it weighs. */
static inline uint64_t metric_weight(struct counts counts, enum metric metric)
{
	return metric_counts_blocks(metric) ? counts.count : counts.size;
}
const char *metric_name(enum metric metric);

#endif
