/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows as comma-separated values (RFC 4180, lines ending in \n), a header first. `place` is the
 * one-line form of tracemalloc, which names the oldest frame of a traceback; the columns behind it
 * are of the same frame. A column is empty where a thing is unknown. What the
 * rows are sorted by has a column of its own if no other says it. Names are written as they are,
 * quoted where they must be.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "report/csv.h"
#include "report/emit.h"
#include "report/printer.h"

static void place_field(const struct table *table, const struct row *row, struct out *out)
{
	struct out field;
	char *data = NULL;
	size_t size = 0;

	out_init(&field, open_memstream(&data, &size));
	place_write(&table->keys, keys_oldest(&table->keys, row->key), &field);
	fclose(field.stream);
	csv_field(out, data, size);
	free(data);
}

static void measure_field(const struct row *row, enum sort_by sort, struct out *out)
{
	int64_t value = measure_value(&row_facts(row)->measures, sort);

	out_text(out, ",");
	if (value >= 0)
		out_format(out, "%" PRId64, value);
}

static void row_write(const struct table *table, const struct row *row, struct out *out)
{
	struct row_frames frames = row_frames(table, row);
	const struct row_frame *oldest = frames.all.count ? &frames.all.items[0] : NULL;
	char average[DOUBLE_TEXT_MAX];

	place_field(table, row, out);
	out_text(out, ",");
	if (oldest)
		csv_field(out, oldest->filename.data, oldest->filename.size);
	out_text(out, ",");
	if (oldest)
		out_format(out, "%" PRIu32, oldest->lineno);
	out_text(out, ",");
	if (oldest)
		csv_field(out, oldest->function.data, oldest->function.size);
	out_text(out, ",");
	if (oldest)
		csv_field(out, oldest->module.data, oldest->module.size);
	out_format(out, ",%" PRId64 ",%" PRId64 ",", row->size, row->count);
	if (row->count)
		out_text(out, double_text(average, (double)((long double)row->size / row->count)));
	if (table->is_diff)
		out_format(out, ",%" PRId64 ",%" PRId64 ",%s", row->size_diff, row->count_diff,
			row_status_name(row->status));
	if (table->is_sampled && !table->is_leaks)
		out_format(out, ",%" PRId64 ",%" PRId64, variance_error(row->variance.size), variance_error(row->variance.count));
	if (table->is_leaks)
		out_format(out, ",%s", leak_kind_name(row->leak));
	if (measure_key(table->query->sort))
		measure_field(row, table->query->sort, out);
	out_text(out, "\n");
	ARRAY_FREE(&frames.all);
}

static void print(const struct table *table, struct out *out)
{
	out_text(out, "place,filename,lineno,function,module,size,count,average");
	out_text(out, table->is_diff ? ",size_diff,count_diff,status" : "");
	if (table->is_sampled && !table->is_leaks)
		out_text(out, table->is_diff ? ",size_diff_error,count_diff_error" : ",size_error,count_error");
	out_text(out, table->is_leaks ? ",category" : "");
	if (measure_key(table->query->sort))
		out_format(out, ",%s", measure_key(table->query->sort));
	out_text(out, "\n");
	for (size_t i = 0; i < table->shown; i++)
		row_write(table, &table->rows.items[i], out);
}

const struct printer print_csv = {
	.name = "csv",
	.summary = "comma-separated values with a header, for spreadsheets",
	.table = print,
	.annotation = annotation_csv,
	.tree = tree_csv,
};
