/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table for people: aligned columns, as wide as the window, colour where it helps, and at the
 * end what is not shown. A first pass writes all cells into memory and finds the widths; functions
 * and places share what the numbers leave, functions at most two fifths of it. Without a window
 * nothing is cut. Everything that came from a program is made safe for a terminal.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "report/column.h"
#include "report/printer.h"
#include "report/safe.h"
#include "report/traceback.h"

#define N_COLUMNS_MAX 16
#define GAP "  "
#define NARROWEST 16		/* what a cut column keeps */

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

struct grid {
	const struct table *table;
	struct out *out;
	const struct column *columns[N_COLUMNS_MAX];
	size_t widths[N_COLUMNS_MAX]; /* in columns of the terminal */
	size_t n_columns;
	ARRAY(size_t) ends; /* of the cells in text, row by row */
	char *text;
	size_t text_size;
};

static void colour(struct out *out, const char *code)
{
	if (out->colour)
		out_text(out, code);
}

static void cell_of(const struct grid *grid, size_t index, const char **data, size_t *size)
{
	size_t begin = index ? grid->ends.items[index - 1] : 0;

	*data = grid->text + begin;
	*size = grid->ends.items[index] - begin;
}

static void fill(struct grid *grid)
{
	const struct table *table = grid->table;
	struct out cells;

	for (const struct column *column = columns; column->title; column++) {
		if ((column->sort != SORT_SIZE && column->sort != table->query->sort) || (column->of_estimates && !table->is_sampled))
			continue;
		if ((table->is_diff ? column->of_diff : column->of_top) || (column->of_leaks && table->is_leaks))
			grid->columns[grid->n_columns++] = column;
	}
	out_init(&cells, open_memstream(&grid->text, &grid->text_size));
	for (size_t i = 0; i < table->shown; i++) {
		for (size_t k = 0; k < grid->n_columns; k++) {
			grid->columns[k]->cell(table, &table->rows.items[i], &cells);
			*ARRAY_PUSH(&grid->ends) = (size_t)ftello(cells.stream);
		}
	}
	fclose(cells.stream);
}

static void measure(struct grid *grid)
{
	for (size_t i = 0; i < grid->ends.count; i++) {
		size_t *width = &grid->widths[i % grid->n_columns], size, columns;
		const char *data;

		cell_of(grid, i, &data, &size);
		columns = safe_columns(data, size);
		if (columns > *width)
			*width = columns;
	}
	for (size_t k = 0; k < grid->n_columns; k++) {
		size_t title = strlen(grid->columns[k]->title);

		if (grid->columns[k]->kind == COLUMN_FUNCTION && grid->widths[k] == 0)
			continue;
		if (grid->widths[k] < title)
			grid->widths[k] = title;
	}
}

/* Shares the window among the columns that may be cut. */
static void fit(struct grid *grid)
{
	size_t left = (size_t)grid->out->width, *function = NULL, *place = NULL, most;

	if (grid->out->width <= 0)
		return;
	for (size_t k = 0; k < grid->n_columns; k++) {
		size_t used = grid->widths[k] + strlen(GAP);

		if (grid->columns[k]->kind == COLUMN_FUNCTION)
			function = &grid->widths[k];
		else if (grid->columns[k]->kind == COLUMN_PLACE)
			place = &grid->widths[k];
		else
			left = left > used ? left - used : 0;
	}
	if (function && *function && place) {
		most = left * 2 / 5;
		left = left > strlen(GAP) ? left - strlen(GAP) : 0;
		if (left > *place && left - *place > most)
			most = left - *place;
		if (*function > most)
			*function = most > NARROWEST ? most : NARROWEST;
		left = left > *function ? left - *function : 0;
	}
	if (place && *place > left)
		*place = left > NARROWEST ? left : NARROWEST;
}

static void spaces(struct out *out, size_t n)
{
	out_format(out, "%*s", (int)n, "");
}

static void cell_write(
	struct out *out, const struct column *column, bool by_whom, size_t width, const char *data, size_t size)
{
	size_t columns = safe_columns(data, size);

	if (column->kind == COLUMN_NUMBER && columns < width)
		spaces(out, width - columns);
	columns = column->kind == COLUMN_PLACE && !by_whom ? safe_write_tail(out, data, size, width) : safe_write_head(out, data, size, width);
	/* No spaces at the end of the line. */
	if (column->kind != COLUMN_NUMBER && column->kind != COLUMN_PLACE)
		spaces(out, width - columns);
}

/* Of the sizes, and of what grew or shrank; NULL for none. */
static const char *colour_of(const struct grid *grid, const struct row *row, size_t column)
{
	bool of_size = column > 0 && strcmp(grid->columns[column - 1]->title, "SIZE") == 0;

	if (column == 0)
		return BOLD;
	if (of_size && row->size_diff)
		return row->size_diff > 0 ? RED : GREEN;
	return NULL;
}

static void line_write(struct grid *grid, const struct row *row, size_t first_cell)
{
	struct out *out = grid->out;
	/* A command says most at its beginning, a path at its end. */
	bool begun = false, by_whom = query_by_whom(grid->table->query->by);
	const char *code;

	for (size_t k = 0; k < grid->n_columns; k++) {
		const struct column *column = grid->columns[k];
		const char *data = column->title;
		size_t size = strlen(data);

		if (grid->widths[k] == 0)
			continue;
		if (row)
			cell_of(grid, first_cell + k, &data, &size);
		out_text(out, begun ? GAP : "");
		begun = true;
		code = row ? colour_of(grid, row, k) : NULL;
		if (code)
			colour(out, code);
		cell_write(out, column, by_whom, grid->widths[k], data, size);
		if (code)
			colour(out, PLAIN);
	}
	out_text(out, "\n");
}

static void rows_write(const struct table *table, struct out *out)
{
	struct grid grid = {.table = table, .out = out};

	fill(&grid);
	measure(&grid);
	fit(&grid);
	colour(out, DIM);
	line_write(&grid, NULL, 0);
	colour(out, PLAIN);
	for (size_t i = 0; i < table->shown; i++)
		line_write(&grid, &table->rows.items[i], i * grid.n_columns);
	ARRAY_FREE(&grid.ends);
	free(grid.text);
}

static void head_write(const struct table *table, const struct row *row, struct out *out)
{
	char size[UNITS_MAX], diff[UNITS_MAX];

	if (table->is_leaks) {
		leak_head_write(table, row, out);
		return;
	}
	out_format(out, "%" PRId64 " memory blocks: %s", row->count, units_size(size, row->size, false));
	if (table->is_sampled && !table->is_diff)
		out_format(out, " \xc2\xb1%s", units_size(diff, variance_error(row->variance.size), false));
	if (table->is_diff)
		out_format(out, " (%s), %s", units_size(diff, row->size_diff, true), row_status_name(row->status));
}

static void tracebacks_write(const struct table *table, struct out *out)
{
	struct sources *sources = sources_new();

	for (size_t i = 0; i < table->shown; i++) {
		const struct row *row = &table->rows.items[i];
		const struct group_row *facts = row_facts(row);
		uint32_t kept = table->keys.keys.items[row->key].depth;

		out_text(out, i ? "\n" : "");
		colour(out, BOLD);
		head_write(table, row, out);
		colour(out, PLAIN);
		out_text(out, "\n");
		traceback_write(table, row, sources, out, true);
		if (!table->query->hide_standard && facts->max_nframe > kept)
			out_format(out, "  … %" PRIu32 " older frames were not recorded\n",
				facts->max_nframe - kept);
	}
	sources_free(sources);
}

void side_write(const struct side *side, struct out *out)
{
	const struct snapshot *snapshot = side->snapshot;
	string_id moment = snapshot->moments.items[side->moment].name;
	size_t parts = snapshot->run.parts.count;

	safe_write(out, side->file, strlen(side->file));
	out_text(out, " at ");
	safe_write(out, strings_get(snapshot->strings, moment),
		strings_size(snapshot->strings, moment));
	if (parts > 1)
		out_format(out, " (each of %zu at its own)", parts);
}

static void estimates_write(const struct table *table, struct out *out)
{
	uint64_t now = snapshot_interval(table->now.snapshot);
	uint64_t before = table->is_diff ? snapshot_interval(table->before.snapshot) : 0;
	char text[UNITS_MAX];

	if (table->is_sampled && !table->is_leaks)
		out_format(out, ", estimates of one block in %s, their errors at 95 %%",
			units_size(text, (int64_t)(now > before ? now : before), false));
}

static void title_write(const struct table *table, struct out *out)
{
	static const char *const cumulative[] = {
		[CUMULATIVE_NO] = "",
		[CUMULATIVE_FRAMES] = ", cumulative: a block counts once per frame",
		[CUMULATIVE_ONCE] = ", cumulative: a block counts once per place",
	};

	colour(out, DIM);
	if (table->is_diff) {
		side_write(&table->before, out);
		out_text(out, " to ");
	}
	side_write(&table->now, out);
	if (table->is_leaks)
		out_text(out, table->is_diff ? ", leaks that grew" : ", leaks");
	out_format(out, ", by %s%s%s", query_by_name(table->query->by),
		cumulative[table->query->cumulative],
		table->query->hide_standard ? ", without standard frames" : "");
	estimates_write(table, out);
	out_text(out, "\n");
	colour(out, PLAIN);
}

/* As memcheck's LEAK SUMMARY. */
static void leaks_write(const struct table *table, struct out *out)
{
	struct counts suppressed = {0, 0};
	char text[UNITS_MAX];

	for (int kind = 0; kind < LEAK_KINDS; kind++) {
		const struct groups *groups = &table->leaks[kind].now;

		out_format(out, "%15s: %" PRId64 " bytes in %s\n", leak_kind_words(kind), groups->size,
			units_count(text, (uint64_t)groups->count, "block"));
		suppressed.size += groups->suppressed.size;
		suppressed.count += groups->suppressed.count;
	}
	if (suppressed.count)
		out_format(out, "%15s: %" PRIu64 " bytes in %s\n", "suppressed", suppressed.size,
			units_count(text, suppressed.count, "block"));
}

/* A sum of peaks is no peak. */
static void joint_write(const struct table *table, struct out *out)
{
	const struct snapshot *snapshot = table->now.snapshot;
	string_id moment = snapshot->moments.items[table->now.moment].name;
	char low[UNITS_MAX], high[UNITS_MAX];
	uint64_t least, most;

	if (snapshot->run.parts.count < 2 || strcmp(strings_get(snapshot->strings, moment), "peak") != 0 ||
		!snapshot_joint_peak(snapshot, &least, &most))
		return;
	out_format(out, "at one time: at least %s (one process), at most %s (all that ran at one time)\n",
		units_size(low, (int64_t)least, false), units_size(high, (int64_t)most, false));
}

static void footer_write(const struct table *table, struct out *out)
{
	char size[UNITS_MAX], diff[UNITS_MAX];
	size_t others = table->rows.count - table->shown;
	__int128 rest = 0;

	for (size_t i = table->shown; i < table->rows.count; i++)
		rest += table->rows.items[i].size;
	colour(out, DIM);
	/* The rows of a cumulative table overlap: their sum would be no size of anything. */
	if (others && table->query->cumulative)
		out_format(out, "%zu other\n", others);
	else if (others)
		out_format(out, "%zu other: %s\n", others, units_size(size, (int64_t)rest, false));
	if (table->is_leaks) {
		leaks_write(table, out);
		colour(out, PLAIN);
		return;
	}
	out_format(out, "total: %s", units_size(size, table->size, false));
	if (table->is_sampled && !table->is_diff)
		out_format(out, " \xc2\xb1%s", units_size(diff, variance_error(table->variance.size), false));
	if (table->is_diff)
		out_format(out, " (%s)", units_size(diff, table->size_diff, true));
	out_format(out, ", %s\n", units_count(size, (uint64_t)table->count, "block"));
	joint_write(table, out);
	colour(out, PLAIN);
}

static void print(const struct table *table, struct out *out)
{
	title_write(table, out);
	if (table->query->by == BY_TRACEBACK)
		tracebacks_write(table, out);
	else
		rows_write(table, out);
	footer_write(table, out);
}

const struct printer print_table = {
	.name = "table",
	.summary = "columns for people, as wide as the window",
	.table = print,
	.annotation = annotation_table,
	.tree = tree_table,
};
