/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source file for people: titles, each line's share of all blocks, colour, and at the end how much of all it is. Lines are cut
 * at the window's edge; tabs are spread to every eighth column of the source, and what a terminal would obey is made safe.
 */
#include <inttypes.h>
#include <string.h>
#include "base/units.h"
#include "base/utf8.h"
#include "report/annotation_widths.h"
#include "report/printer.h"
#include "report/safe.h"

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"
#define ELLIPSIS "\xe2\x80\xa6" /* U+2026, one column */
enum { SHARE_WIDTH = 6, TAB = 8, NARROWEST = 16 };

static void colour(struct out *out, const char *code)
{
	if (out->colour)
		out_text(out, code);
}

/* Steps over a character: the columns that it takes, when COLUMN are there before it. */
static size_t step(const char **at, const char *end, size_t column)
{
	const char *begin = *at;

	return utf8_next(at, end) == '\t' ? TAB - column % TAB : safe_columns(begin, (size_t)(*at - begin));
}

static size_t columns_of(const struct name *text)
{
	size_t columns = 0;

	for (const char *at = text->data, *end = at + text->size; at < end;)
		columns += step(&at, end, columns);
	return columns;
}

/* In at most LIMIT columns; 0: as many as it takes. */
static void source_write(const struct name *text, size_t limit, struct out *out)
{
	bool fits = !limit || columns_of(text) <= limit;
	size_t left = fits ? SIZE_MAX : limit - 1, column = 0;

	for (const char *at = text->data, *end = at + text->size; at < end;) {
		const char *begin = at;
		size_t width = step(&at, end, column);

		if (width > left) {
			out_text(out, ELLIPSIS);
			return;
		}
		left -= width;
		column += width;
		if (*begin == '\t')
			out_format(out, "%*s", (int)width, "");
		else
			safe_write(out, begin, (size_t)(at - begin));
	}
}

static void numbers_write(const struct annotation *annotation, const struct annotation_widths *widths,
	const struct annotated_line *line, struct out *out)
{
	char size[UNITS_MAX];
	double whole = (double)annotation->table->size;

	if (!line->has_blocks) {
		out_format(out, "%*s", widths->size + 2 + SHARE_WIDTH + 2 + widths->count, "");
		return;
	}
	colour(out, BOLD);
	out_format(out, "%*s", widths->size, units_size(size, line->size, false));
	colour(out, PLAIN);
	if (whole > 0)
		out_format(out, "  %*.1f%%", SHARE_WIDTH - 1, 100.0 * (double)line->size / whole);
	else
		out_format(out, "  %*s", SHARE_WIDTH, "");
	out_format(out, "  %*" PRId64, widths->count, line->count);
}

static void lines_write(const struct annotation *annotation, struct out *out)
{
	struct annotation_widths widths = annotation_widths(annotation);
	struct annotation_walk walk = {0};
	struct annotated_line line;
	size_t used, limit = 0;

	widths.size = widths.size < 4 ? 4 : widths.size;
	widths.count = widths.count < 5 ? 5 : widths.count;
	widths.lineno = widths.lineno < 4 ? 4 : widths.lineno;
	used = (size_t)(widths.size + SHARE_WIDTH + widths.count + widths.lineno + 8);
	if (out->width > 0)
		limit = (size_t)out->width > used + NARROWEST ? (size_t)out->width - used : NARROWEST;
	colour(out, DIM);
	out_format(out, "%*s  %*s  %*s  %*s\n", widths.size, "size", SHARE_WIDTH, "share", widths.count, "count",
		widths.lineno, "line");
	colour(out, PLAIN);
	while (annotation_next(annotation, &walk, &line)) {
		if (walk.gap)
			out_text(out, "--\n");
		numbers_write(annotation, &widths, &line, out);
		colour(out, DIM);
		out_format(out, "  %*" PRIu32, widths.lineno, line.lineno);
		colour(out, PLAIN);
		if (line.text.size)
			out_text(out, "  ");
		source_write(&line.text, limit, out);
		out_text(out, "\n");
	}
}

static void title_write(const struct annotation *annotation, struct out *out)
{
	static const char *const cumulative[] = {
		[CUMULATIVE_NO] = "",
		[CUMULATIVE_FRAMES] = ", cumulative: a block counts once per frame",
		[CUMULATIVE_ONCE] = ", cumulative: a block counts once per place",
	};
	const struct side *side = &annotation->table->now;
	string_id moment = side->snapshot->moments.items[side->moment].name;

	colour(out, DIM);
	safe_write(out, annotation->filename.data, annotation->filename.size);
	out_text(out, " in ");
	safe_write(out, side->file, strlen(side->file));
	out_text(out, " at ");
	safe_write(out, strings_get(side->snapshot->strings, moment), strings_size(side->snapshot->strings, moment));
	out_format(out, "%s%s\n", cumulative[annotation->table->query->cumulative],
		annotation->table->query->hide_standard ? ", without standard frames" : "");
	colour(out, PLAIN);
}

void annotation_table(const struct annotation *annotation, struct out *out)
{
	const struct table *table = annotation->table;
	char size[UNITS_MAX], count[UNITS_MAX];

	title_write(annotation, out);
	lines_write(annotation, out);
	colour(out, DIM);
	/* Cumulative lines overlap: their sum would be no size of anything. */
	if (!table->query->cumulative)
		out_format(out, "file: %s, %s\n", units_size(size, annotation->size, false),
			units_count(count, (uint64_t)annotation->count, "block"));
	out_format(out, "total: %s, %s\n", units_size(size, table->size, false),
		units_count(count, (uint64_t)table->count, "block"));
	colour(out, PLAIN);
}
