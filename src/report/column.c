/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the columns say.
 */
#include "report/column.h"

#include <inttypes.h>
#include "base/units.h"
#include "report/short_name.h"

static void size(const struct table *table, const struct row *row, struct out *out)
{
	char text[UNITS_MAX];

	(void)table;
	out_text(out, units_size(text, row->size, false));
}

static void size_diff(const struct table *table, const struct row *row, struct out *out)
{
	char text[UNITS_MAX];

	(void)table;
	out_text(out, units_size(text, row->size_diff, true));
}

static void size_error(const struct table *table, const struct row *row, struct out *out)
{
	char text[UNITS_MAX];

	(void)table;
	out_format(out, "\xc2\xb1%s", units_size(text, variance_error(row->variance.size), false));
}

static void count_error(const struct table *table, const struct row *row, struct out *out)
{
	(void)table;
	out_format(out, "\xc2\xb1%" PRId64, variance_error(row->variance.count));
}

static void share(const struct table *table, const struct row *row, struct out *out)
{
	if (table->size)
		out_format(out, "%.1f%%", 100.0 * (double)row->size / (double)table->size);
}

static void count(const struct table *table, const struct row *row, struct out *out)
{
	(void)table;
	out_format(out, "%" PRId64, row->count);
}

static void count_diff(const struct table *table, const struct row *row, struct out *out)
{
	(void)table;
	out_format(out, "%+" PRId64, row->count_diff);
}

static void average(const struct table *table, const struct row *row, struct out *out)
{
	char text[UNITS_MAX];

	(void)table;
	if (row->count)
		out_text(out, units_average(text, row->size, row->count));
}

static void status(const struct table *table, const struct row *row, struct out *out)
{
	(void)table;
	out_text(out, row_status_name(row->status));
}

/* The row's own where it is there, else what it was; the leaks' rows are of no such. */
static const struct measures *measures_of(const struct row *row)
{
	return &row_facts(row)->measures;
}

/* What the rows are sorted by. */
static void measure(const struct table *table, const struct row *row, struct out *out)
{
	measure_write(measures_of(row), table->query->sort, out);
}

/* Of all allocations. */
static void temporary_share(const struct table *table, const struct row *row, struct out *out)
{
	const struct measures *measures = measures_of(row);

	(void)table;
	if (measures->total.count)
		out_format(out, "%.1f%%", 100.0 * (double)measures->life.temporary.count / (double)measures->total.count);
}

static void leak(const struct table *table, const struct row *row, struct out *out)
{
	(void)table;
	out_text(out, leak_kind_name(row->leak));
}

static void function(const struct table *table, const struct row *row, struct out *out)
{
	struct row_frames frames;
	struct short_name name;
	size_t n = 0;

	if (table->query->by != BY_LINENO && table->query->by != BY_OWNER)
		return;
	frames = row_frames(table, row);
	name.pieces[0] = frames.all.count ? frames.all.items[0].function : (struct name){NULL, 0};
	if (name.pieces[0].data)
		n = table->query->full_names ? 1 : short_name(&name, name.pieces[0].data, name.pieces[0].size);
	for (size_t i = 0; i < n; i++)
		out_bytes(out, name.pieces[i].data, name.pieces[i].size);
	ARRAY_FREE(&frames.all);
}

/* Without the function in brackets where the column beside it says that already. */
static void place(const struct table *table, const struct row *row, struct out *out)
{
	const struct place *place = keys_oldest(&table->keys, row->key);
	enum group_by by = table->query->by;

	if (place->kind == PLACE_SYMBOL && (by == BY_LINENO || by == BY_OWNER))
		out_bytes(out, strings_get(table->keys.strings, place->name),
			strings_size(table->keys.strings, place->name));
	else
		place_write(&table->keys, place, out);
}

const struct column columns[] = {
	{"TEMPORARY", COLUMN_NUMBER, true, true, false, false, measure, SORT_TEMPORARY},
	{"OF ALL", COLUMN_NUMBER, true, true, false, false, temporary_share, SORT_TEMPORARY},
	{"CHURN", COLUMN_NUMBER, true, true, false, false, measure, SORT_CHURN},
	{"LIFETIME", COLUMN_NUMBER, true, true, false, false, measure, SORT_LIFETIME},
	{"PEAK", COLUMN_NUMBER, true, true, false, false, measure, SORT_PEAK},
	{"SIZE", COLUMN_NUMBER, true, true, true, false, size, SORT_SIZE},
	{"CHANGE", COLUMN_NUMBER, false, true, false, false, size_diff, SORT_SIZE},
	{"ERROR", COLUMN_NUMBER, true, true, false, true, size_error, SORT_SIZE},
	{"SHARE", COLUMN_NUMBER, true, false, false, false, share, SORT_SIZE},
	{"COUNT", COLUMN_NUMBER, true, true, true, false, count, SORT_SIZE},
	{"CHANGE", COLUMN_NUMBER, false, true, false, false, count_diff, SORT_SIZE},
	{"ERROR", COLUMN_NUMBER, true, true, false, true, count_error, SORT_SIZE},
	{"AVERAGE", COLUMN_NUMBER, true, true, true, false, average, SORT_SIZE},
	{"STATUS", COLUMN_WORD, false, true, false, false, status, SORT_SIZE},
	{"LEAK", COLUMN_WORD, false, false, true, false, leak, SORT_SIZE},
	{"FUNCTION", COLUMN_FUNCTION, true, true, true, false, function, SORT_SIZE},
	{"PLACE", COLUMN_PLACE, true, true, true, false, place, SORT_SIZE},
	{NULL, COLUMN_NUMBER, false, false, false, false, NULL, SORT_SIZE},
};
