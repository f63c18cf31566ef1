/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of forms, and of what can be weighed.
 */
#include "report/exporter.h"

#include <string.h>

static const struct exporter *const exporters[] = {
	&export_folded,
	&export_csv,
	&export_json,
	&export_pprof,
	&export_speedscope,
	&export_massif,
	&export_callgrind,
	&export_heaptrack,
};

const struct exporter *exporter_find(const char *name)
{
	for (size_t i = 0; i < sizeof(exporters) / sizeof(*exporters); i++) {
		if (strcmp(exporters[i]->name, name) == 0)
			return exporters[i];
	}
	return NULL;
}

int metric_find(const char *name)
{
	static const char *const names[] = {
		[METRIC_SIZE] = "size",
		[METRIC_COUNT] = "count",
		[METRIC_TOTAL_SIZE] = "total_size",
		[METRIC_TOTAL_COUNT] = "total_count",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -1;
}
