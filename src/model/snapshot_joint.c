/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be said of the peak of several processes together. Each knows its own peak, and when it began and ended; when
 * between these its peak was to all others nobody knows. So the highest sum ever is at least the largest of one, and at most
 * the largest sum of the peaks of such as ran at one time: a build's hundred compilers need what its two jobs need.
 *
 * Swept in the order of time, beginnings before ends of the same time; a time that is not known is for ever.
 */
#include "model/snapshot.h"

#include <stdlib.h>

struct edge {
	uint64_t time_ns;
	bool ends;
	uint64_t peak;
};

static int compare(const void *a_data, const void *b_data)
{
	const struct edge *a = a_data, *b = b_data;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (int)a->ends - (int)b->ends;
}

bool snapshot_joint_peak(const struct snapshot *snapshot, uint64_t *least, uint64_t *most)
{
	size_t n = snapshot->run.parts.count;
	struct edge *edges;
	uint64_t sum = 0;

	*least = *most = 0;
	if (n == 0 || !snapshot_knows_peak(snapshot))
		return false;
	edges = xcalloc(2 * n, sizeof(*edges));
	for (size_t i = 0; i < n; i++) {
		const struct part *part = &snapshot->run.parts.items[i];
		uint64_t end = part->taken_ns ? part->taken_ns : UINT64_MAX;

		edges[2 * i] = (struct edge){part->started_ns <= end ? part->started_ns : 0, false, part->peak_size};
		edges[2 * i + 1] = (struct edge){end, true, part->peak_size};
		if (part->peak_size > *least)
			*least = part->peak_size;
	}
	qsort(edges, 2 * n, sizeof(*edges), compare);
	for (size_t i = 0; i < 2 * n; i++) {
		/* All of them together are run.peak_size, which fits. */
		sum += edges[i].ends ? -edges[i].peak : edges[i].peak;
		if (sum > *most)
			*most = sum;
	}
	free(edges);
	return true;
}
