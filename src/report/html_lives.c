/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traces are added up into their rows, also their size classes: a row and class is one entry. Lifetimes and the timeline are of
 * the whole run, whatever filters let through; the page says so.
 */
#include "report/html_lives.h"

#include <stdlib.h>

/* The class of a row, and the sums that go with it. */
struct entry {
	uint32_t row, class;
};
struct entry_sums {
	uint64_t min, max;
	struct counts total, live;
};

/* One column of one member of each of N items. */
#define ADD_COLUMN(items_, n_, value_, name_)                                            \
	do {                                                                             \
		for (size_t i = 0; i < (n_); i++)                                        \
			values[i] = (items_)[i].value_;                                  \
		html_columns_add(columns, values, (n_), name_ "/%d", number);            \
	} while (0)

static void add_counts(struct counts *to, struct counts counts)
{
	to->size += counts.size;
	to->count += counts.count;
}

static void lives(const struct html_side *side, int number, size_t n_rows, struct html_columns *columns)
{
	const struct snapshot *snapshot = side->snapshot;
	struct life *sums = xcalloc(n_rows + 1, sizeof *sums);
	uint64_t *values = xcalloc(n_rows + 1, sizeof *values);

	for (size_t i = 0; i < snapshot->lives.count; i++) {
		const struct life *life = &snapshot->lives.items[i];

		if (side->row_of[i])
			life_add(&sums[side->row_of[i] - 1], life);
	}
	ADD_COLUMN(sums, n_rows, temporary.size, "temporary_size");
	ADD_COLUMN(sums, n_rows, temporary.count, "temporary_count");
	ADD_COLUMN(sums, n_rows, moved.size, "moved_size");
	ADD_COLUMN(sums, n_rows, moved.count, "moved_count");
	ADD_COLUMN(sums, n_rows, timed, "timed");
	ADD_COLUMN(sums, n_rows, lifetime_ns, "lifetime");
	free(sums);
	free(values);
}

static void sizes(const struct html_side *side, int number, struct html_columns *columns)
{
	const struct snapshot *snapshot = side->snapshot;
	struct map map = MAP_INIT(struct entry);
	ARRAY(struct entry) entries = {0};
	ARRAY(struct entry_sums) sums = {0};
	uint64_t *values;

	for (size_t i = 0; i < snapshot->sizes.count; i++) {
		const struct size_class *class = &snapshot->sizes.items[i];
		struct entry entry = {.class = size_class_of(class->max)};
		struct entry_sums *sum;
		bool added;
		uint64_t at;

		if (!side->row_of[class->trace])
			continue;
		entry.row = side->row_of[class->trace] - 1;
		at = *map_add(&map, &entry, entries.count, &added);
		if (added) {
			*ARRAY_PUSH(&entries) = entry;
			ARRAY_PUSH(&sums)->min = UINT64_MAX;
		}
		sum = &sums.items[at];
		sum->min = class->min < sum->min ? class->min : sum->min;
		sum->max = class->max > sum->max ? class->max : sum->max;
		add_counts(&sum->total, class->total);
		add_counts(&sum->live, class->live);
	}
	values = xcalloc(entries.count + 1, sizeof *values);
	ADD_COLUMN(entries.items, entries.count, row, "sizes_row");
	ADD_COLUMN(entries.items, entries.count, class, "sizes_class");
	ADD_COLUMN(sums.items, sums.count, min, "sizes_min");
	ADD_COLUMN(sums.items, sums.count, max, "sizes_max");
	ADD_COLUMN(sums.items, sums.count, total.size, "sizes_size");
	ADD_COLUMN(sums.items, sums.count, total.count, "sizes_count");
	ADD_COLUMN(sums.items, sums.count, live.size, "sizes_live_size");
	ADD_COLUMN(sums.items, sums.count, live.count, "sizes_live_count");
	free(values);
	map_free(&map);
	ARRAY_FREE(&entries);
	ARRAY_FREE(&sums);
}

static void lifetimes(const struct snapshot *snapshot, int number, struct html_columns *columns)
{
	const struct lifetime *items = snapshot->lifetimes.items;
	size_t n = snapshot->lifetimes.count;
	uint64_t *values = xcalloc(n + 1, sizeof *values);

	ADD_COLUMN(items, n, class, "lifetimes_class");
	ADD_COLUMN(items, n, counts.size, "lifetimes_size");
	ADD_COLUMN(items, n, counts.count, "lifetimes_count");
	free(values);
}

static void timeline(const struct snapshot *snapshot, int number, struct html_columns *columns)
{
	const struct point *items = snapshot->timeline.items;
	size_t n = snapshot->timeline.count;
	uint64_t *values = xcalloc(n + 1, sizeof *values);

	ADD_COLUMN(items, n, time_ns - items[0].time_ns, "timeline_time");
	ADD_COLUMN(items, n, live.size, "timeline_size");
	ADD_COLUMN(items, n, live.count, "timeline_count");
	ADD_COLUMN(items, n, high, "timeline_high");
	ADD_COLUMN(items, n, rss, "timeline_rss");
	free(values);
}

void html_lives_columns(const struct html_side *side, int number, size_t n_rows, struct html_columns *columns)
{
	const struct snapshot *snapshot = side->snapshot;

	if (snapshot->keeps_lives) {
		lives(side, number, n_rows, columns);
		lifetimes(snapshot, number, columns);
	}
	if (snapshot->keeps_sizes)
		sizes(side, number, columns);
	if (snapshot->timeline.count)
		timeline(snapshot, number, columns);
}
