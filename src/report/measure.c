/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Churn and the peak need nothing that a snapshot may lack but a moment; the rest is there only where it was recorded. A
 * snapshot that was made by hand, sampled, or merged from others may know of none.
 */
#include "report/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int find_peak(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->moments.count; i++)
		if (strcmp(strings_get(snapshot->strings, snapshot->moments.items[i].name), "peak") == 0)
			return (int)i;
	return -1;
}

static bool is_timed(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->lives.count; i++)
		if (snapshot->lives.items[i].timed)
			return true;
	return false;
}

static int not_recorded(const char *what, struct error *err)
{
	error_set(err, "the snapshot does not tell %s", what);
	return error_hint(err, "record it again with this memtrace; memtrace info says what a snapshot knows");
}

static int check_sizes(const struct query *query, const struct snapshot *snapshot, size_t moment, struct error *err)
{
	const struct moment *now = snapshot_default_moment(snapshot);

	if (query->leaks)
		return error_set(err, "leaks cannot be grouped by size");
	if (!snapshot->keeps_sizes)
		return not_recorded("how large its blocks are", err);
	if (&snapshot->moments.items[moment] == now)
		return 0;
	error_set(err, "the sizes of blocks are known at moment '%s' only", strings_get(snapshot->strings, now->name));
	return error_hint(err, "leave out the @MOMENT");
}

int measure_check(const struct query *query, const struct snapshot *snapshot, size_t moment, struct error *err)
{
	if (query->by == BY_SIZE && check_sizes(query, snapshot, moment, err) < 0)
		return -1;
	if (query->sort == SORT_TEMPORARY && !snapshot->keeps_lives)
		return not_recorded("which of its blocks were temporary", err);
	if (query->sort == SORT_LIFETIME && snapshot->keeps_lives && !is_timed(snapshot) && snapshot->traces.count)
		return error_set(err, "the snapshot knows the lifetime of no block: none has gone, or its clock told no times");
	if (query->sort == SORT_LIFETIME && !snapshot->keeps_lives)
		return not_recorded("how long its blocks lived", err);
	if (query->sort == SORT_PEAK && find_peak(snapshot) < 0)
		return error_set(err, "the snapshot has no moment 'peak'");
	return 0;
}

static void add(struct counts *sum, const struct counts *counts)
{
	if (__builtin_add_overflow(sum->size, counts->size, &sum->size) || sum->size > SNAPSHOT_SIZE_MAX)
		sum->size = SNAPSHOT_SIZE_MAX;
	if (__builtin_add_overflow(sum->count, counts->count, &sum->count) || sum->count > SNAPSHOT_SIZE_MAX)
		sum->count = SNAPSHOT_SIZE_MAX;
}

/* What was allocated and is not live; a document may say that more is live than ever was. */
static struct counts less(const struct counts *total, const struct counts *live)
{
	return (struct counts){
		total->size > live->size ? total->size - live->size : 0,
		total->count > live->count ? total->count - live->count : 0,
	};
}

static void add_life(struct measures *measures, struct life life)
{
	measures->lifetime_ns += (unsigned __int128)life.timed * life.lifetime_ns;
	measures->timed += life.timed;
	life.timed = life.lifetime_ns = 0;
	life_add(&measures->life, &life);
}

void measure_add(struct measures *measures, const struct snapshot *snapshot, size_t trace, const struct size_class *size)
{
	size_t now = (size_t)(snapshot_default_moment(snapshot) - snapshot->moments.items);
	struct counts total = {snapshot->traces.items[trace].total_size, snapshot->traces.items[trace].total_count};
	int peak = find_peak(snapshot);
	struct counts gone = less(&total, snapshot_counts(snapshot, now, trace));

	if (size) {
		total = size->total;
		gone = less(&total, &size->live);
		measures->min = !measures->total.count || size->min < measures->min ? size->min : measures->min;
		measures->max = size->max > measures->max ? size->max : measures->max;
	}
	add(&measures->total, &total);
	add(&measures->gone, &gone);
	if (size)
		return;
	if (peak >= 0)
		add(&measures->peak, snapshot_counts(snapshot, (size_t)peak, trace));
	if (snapshot->keeps_lives)
		add_life(measures, snapshot->lives.items[trace]);
}

int64_t measure_value(const struct measures *measures, enum sort_by sort)
{
	switch (sort) {
	case SORT_TEMPORARY:
		return (int64_t)measures->life.temporary.count;
	case SORT_CHURN:
		return (int64_t)measures->gone.size;
	case SORT_LIFETIME:
		return measures->timed ? (int64_t)measure_lifetime(measures) : -1;
	case SORT_PEAK:
		return (int64_t)measures->peak.size;
	default:
		return -1;
	}
}

char *measure_time(char text[UNITS_MAX], uint64_t ns)
{
	static const struct {
		double ns;
		const char *name;
	} units[] = {{86400e9, "d"}, {3600e9, "h"}, {60e9, "min"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
	size_t unit = 0;

	while (unit + 1 < sizeof(units) / sizeof(*units) && (double)ns < units[unit].ns)
		unit++;
	snprintf(text, UNITS_MAX, units[unit].ns > 1 && (double)ns / units[unit].ns < 99.95 ? "%.1f %s" : "%.0f %s",
		(double)ns / units[unit].ns, units[unit].name);
	return text;
}

const char *measure_key(enum sort_by sort)
{
	static const char *const keys[] = {
		[SORT_TEMPORARY] = "temporary_count",
		[SORT_CHURN] = "churn",
		[SORT_LIFETIME] = "lifetime_ns",
		[SORT_PEAK] = "peak",
	};

	return sort < sizeof(keys) / sizeof(*keys) ? keys[sort] : NULL;
}

void measure_write(const struct measures *measures, enum sort_by sort, struct out *out)
{
	int64_t value = measure_value(measures, sort);
	char text[UNITS_MAX];

	if (value < 0)
		return;
	if (sort == SORT_TEMPORARY)
		out_format(out, "%" PRId64, value);
	else if (sort == SORT_LIFETIME)
		out_text(out, measure_time(text, (uint64_t)value));
	else
		out_text(out, units_size(text, value, false));
}
