/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of what can be weighed, and how.
 */
#include "report/metric.h"

#include <string.h>

static const char *const names[] = {
	[METRIC_SIZE] = "size",
	[METRIC_COUNT] = "count",
	[METRIC_TOTAL_SIZE] = "total_size",
	[METRIC_TOTAL_COUNT] = "total_count",
};

int metric_find(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

const char *metric_name(enum metric metric)
{
	return names[metric];
}

struct counts metric_counts(const struct view *view, size_t trace, enum metric metric)
{
	const struct trace *ever = &view->snapshot->traces.items[trace];

	if (metric_is_total(metric))
		return (struct counts){ever->total_size, ever->total_count};
	return view_counts(view, trace);
}
