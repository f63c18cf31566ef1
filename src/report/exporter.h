/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole snapshots for other tools: one row a form in exporter.c, one file each. What a form does
 * not take (a metric, a moment) is refused, not ignored.
 */
#ifndef REPORT_EXPORTER_H
#define REPORT_EXPORTER_H

#include <stdbool.h>
#include "base/error.h"
#include "base/out.h"
#include "base/squeeze.h"
#include "model/snapshot.h"

enum metric {
	METRIC_SIZE, /* live at the moment */
	METRIC_COUNT,
	METRIC_TOTAL_SIZE, /* ever allocated */
	METRIC_TOTAL_COUNT,
};

#define METRIC_NAMES "size|count|total_size|total_count"
/* -1 for another name. */
int metric_find(const char *name);

struct export_query {
	size_t moment;
	bool moment_named; /* false: it is the default one, since nobody named another */
	enum metric metric;
	bool squeezed; /* what is written will be compressed */
};

struct exporter {
	const char *name; /* --to NAME */
	const char *summary;
	bool takes_metric, takes_moment;
	bool takes_short; /* its functions may be short_names' */
	enum squeeze
		squeeze; /* what the command does to all that is written, which is binary then */
	bool squeezes_by_name; /* instead: where a FILE ends with .gz or .zst */
	int (*write)(const struct snapshot *snapshot, const struct export_query *query,
		struct out *out, struct error *err);
};

#define EXPORTER_NAMES "folded|csv|json|pprof|speedscope|massif|callgrind|heaptrack"

extern const struct exporter export_folded, export_csv, export_json, export_pprof,
	export_speedscope, export_massif, export_callgrind, export_heaptrack;

const struct exporter *exporter_find(const char *name);

/* For forms that write each trace's whole stack and hold it all in memory: an error when the frames
 * of all traces are more than EXPORT_FRAMES_MAX, which deep stacks in a file of any size can be. */
#define EXPORT_FRAMES_MAX (1ull << 28)
int exporter_check_frames(const struct snapshot *snapshot, struct error *err);

#endif
