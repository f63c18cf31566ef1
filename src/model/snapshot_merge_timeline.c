/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The timelines of several processes as one: TIMELINE_MAX times from the first to the last of all, at the same distance. A
 * process counts from its first point to its last, and what it is between two points is the one before; one that came and
 * went between two times is seen in `high` alone. Cost: a pass over each, whose points may be few or many.
 */
#include "model/snapshot_merge.h"

#include <stdlib.h>

struct span {
	uint64_t first, last; /* times */
};

static struct span span_of(const struct merge_source *sources, size_t n)
{
	struct span span = {UINT64_MAX, 0};

	for (size_t i = 0; i < n; i++) {
		const struct snapshot *from = sources[i].snapshot;
		uint64_t first = from->timeline.items[0].time_ns, last = from->timeline.items[from->timeline.count - 1].time_ns;

		span.first = first < span.first ? first : span.first;
		span.last = last > span.last ? last : span.last;
	}
	return span;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Adds to POINT what FROM was from the time BEFORE on, up to POINT's; *AT is the first of its points that is later than BEFORE.
 * RSS: of those that do not know it, there is one. */
static void add_source(struct point *point, uint64_t before, const struct snapshot *from, size_t *at, bool *rss, bool *over)
{
	const struct point *points = from->timeline.items;
	size_t n = from->timeline.count, i = *at;
	uint64_t high = 0, resident = 0;

	if (points[0].time_ns > point->time_ns || (i == n && points[n - 1].time_ns < before))
		return;
	/* The point behind the time began before it, and what it saw may have been then. */
	for (; i < n && points[i].time_ns <= point->time_ns; i++) {
		high = larger(high, points[i].high);
		resident = larger(resident, points[i].rss);
	}
	*at = i;
	if (i && i < n) {
		high = larger(high, points[i].high);
		resident = larger(resident, points[i].rss);
	}
	if (i && (i < n || points[n - 1].time_ns == point->time_ns)) {
		merge_add(&point->live.size, points[i - 1].live.size, over);
		merge_add(&point->live.count, points[i - 1].live.count, over);
		high = larger(high, points[i - 1].live.size);
	}
	merge_add(&point->high, high, over);
	merge_add(&point->rss, resident, over);
	*rss = *rss && (resident || !high);
}

static void add_points(struct snapshot *into, const struct merge_source *sources, size_t n, bool *over)
{
	struct span span = span_of(sources, n);
	size_t *at = xcalloc(n, sizeof(*at)), count = span.last > span.first ? TIMELINE_MAX : 1;
	uint64_t before = span.first;

	for (size_t i = 0; i < count; i++) {
		uint64_t width = span.last - span.first;
		struct point *point = ARRAY_PUSH(&into->timeline);
		bool rss = true;

		point->time_ns = count == 1 ? span.last :
			span.first + (uint64_t)((unsigned __int128)width * i / (count - 1));
		for (size_t s = 0; s < n; s++)
			add_source(point, before, sources[s].snapshot, &at[s], &rss, over);
		if (!rss)
			point->rss = 0;
		before = point->time_ns;
	}
	free(at);
}

void merge_timelines(struct snapshot *into, const struct merge_source *sources, size_t n, struct merge_notes *notes, bool *over)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		known += sources[i].snapshot->timeline.count > 0;
	if (known && known < n)
		merge_note(notes, "the timeline is left out: not all of the snapshots have one");
	if (known < n)
		return;
	if (n > 1) {
		add_points(into, sources, n, over);
		return;
	}
	for (size_t i = 0; i < sources[0].snapshot->timeline.count; i++)
		*ARRAY_PUSH(&into->timeline) = sources[0].snapshot->timeline.items[i];
}
