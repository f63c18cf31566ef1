/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows as text, byte for byte those of tracemalloc: str(Statistic), str(StatisticDiff), and for
 * tracebacks the lines of Traceback.format() under a line that sums them up. Rows and nothing else,
 * names as they are: this is for scripts. What tracemalloc cannot sort by is added at the end.
 */
#include <inttypes.h>
#include "base/units.h"
#include "report/printer.h"
#include "report/traceback.h"

/* What tracemalloc does not know: what the rows are sorted by beside their blocks. */
static void measure_append(const struct table *table, const struct row *row, struct out *out)
{
	if (!measure_key(table->query->sort) || measure_value(&row_facts(row)->measures, table->query->sort) < 0)
		return;
	out_format(out, ", %s=", query_sort_name(table->query->sort));
	measure_write(&row_facts(row)->measures, table->query->sort, out);
}

static void row_write(const struct table *table, const struct row *row, struct out *out)
{
	char size[UNITS_MAX], diff[UNITS_MAX], average[UNITS_MAX];

	place_write(&table->keys, keys_oldest(&table->keys, row->key), out);
	out_format(out, ": size=%s", units_size(size, row->size, false));
	if (table->is_diff)
		out_format(out, " (%s)", units_size(diff, row->size_diff, true));
	out_format(out, ", count=%" PRId64, row->count);
	if (table->is_diff)
		out_format(out, " (%+" PRId64 ")", row->count_diff);
	if (row->count)
		out_format(out, ", average=%s", units_average(average, row->size, row->count));
	if (table->is_leaks)
		out_format(out, ", leak=%s", leak_kind_name(row->leak));
	measure_append(table, row, out);
	out_text(out, "\n");
}

void leak_head_write(const struct table *table, const struct row *row, struct out *out)
{
	out_format(out, "%" PRId64, row->size);
	if (table->is_diff)
		out_format(out, " (%+" PRId64 ")", row->size_diff);
	out_format(out, " bytes in %" PRId64, row->count);
	if (table->is_diff)
		out_format(out, " (%+" PRId64 ")", row->count_diff);
	out_format(out, " blocks are %s", leak_kind_words(row->leak));
}

static void head_write(const struct table *table, const struct row *row, struct out *out)
{
	char size[UNITS_MAX], diff[UNITS_MAX];

	if (table->is_leaks) {
		leak_head_write(table, row, out);
		out_text(out, "\n");
		return;
	}
	out_format(out, "%" PRId64 " memory blocks", row->count);
	if (table->is_diff)
		out_format(out, " (%+" PRId64 ")", row->count_diff);
	out_format(out, ": %s", units_size(size, row->size, false));
	if (table->is_diff)
		out_format(out, " (%s)", units_size(diff, row->size_diff, true));
	measure_append(table, row, out);
	out_text(out, "\n");
}

static void print(const struct table *table, struct out *out)
{
	struct sources *sources = sources_new();

	for (size_t i = 0; i < table->shown; i++) {
		const struct row *row = &table->rows.items[i];

		if (table->query->by != BY_TRACEBACK) {
			row_write(table, row, out);
			continue;
		}
		head_write(table, row, out);
		traceback_write(table, row, sources, out, false);
	}
	sources_free(sources);
}

const struct printer print_text = {
	.name = "text",
	.summary = "one row a line, as Python's tracemalloc writes them",
	.table = print,
	.annotation = annotation_text,
	.tree = tree_text,
};
