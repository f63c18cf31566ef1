/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *	memtrace live 4711  ./server --port 80                     three lines of their own
 *	current 12.3 MiB in 345 blocks  peak …
 *	by lineno, order size
 *	    SIZE  SHARE  COUNT  AVERAGE  FUNCTION  PLACE           the printer's
 *	…                                                          its rows, and its sums behind them
 *	g group  o order  …                                        one more
 *
 * The table is the one that `top` and `diff` print, for a window of this width; a line that is too wide all the same is cut.
 * Too small a window loses lines from below, but for the last one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/out.h"
#include "base/units.h"
#include "cmd/live_screen.h"
#include "report/column.h"
#include "report/printer.h"
#include "report/safe.h"

enum { HEAD_LINES = 3, FOOT_LINES = 1 };

static const char keys_line[] = "q quit  g group  o order  / filter  d change  c cumulative  h std  p pause  s snapshot  ? all keys";

/* ---- lines ---- */

struct text {
	struct out out;
	char *data;
	size_t size;
};

static void text_open(struct text *text)
{
	*text = (struct text){0};
	out_init(&text->out, open_memstream(&text->data, &text->size));
}

/* The end of what was written so far. */
static size_t text_end(struct text *text)
{
	fflush(text->out.stream);
	return text->size;
}

/* Adds the first columns of DATA as a line. */
static void add_line(struct live_screen *screen, struct text *text, const char *data, size_t size, int width,
	enum live_style style)
{
	struct live_line *line = ARRAY_PUSH(&screen->lines);

	line->at = text_end(text);
	safe_write(&text->out, data, safe_head(data, size, (size_t)width));
	line->size = text_end(text) - line->at;
	line->style = style;
}

/* ---- the head ---- */

static const char *state_of(const struct live_scene *scene)
{
	if (scene->over)
		return " (ended)";
	if (scene->silent)
		return " (no news)";
	return scene->keys->paused ? " (paused)" : "";
}

static void write_program(const struct live_scene *scene, struct out *out)
{
	const struct run *run = &scene->now->run;

	out_format(out, "memtrace live %" PRId64 "%s ", run->pid, state_of(scene));
	for (size_t i = 0; i < run->command.count; i++) {
		const char *word = strings_get(scene->now->strings, run->command.items[i]);

		out_text(out, " ");
		out_text(out, word);
	}
}

static void write_numbers(const struct live_scene *scene, struct out *out)
{
	const struct moment *now = snapshot_default_moment(scene->now);
	char size[UNITS_MAX], count[UNITS_MAX];

	out_format(out, "current %s in %s", units_size(size, (int64_t)now->live.size, false),
		units_count(count, now->live.count, "block"));
	out_format(out, "  peak %s", units_size(size, (int64_t)scene->now->run.peak_size, false));
	if (now->rss)
		out_format(out, "  rss %s", units_size(size, (int64_t)now->rss, false));
	if (scene->has_rate)
		out_format(out, "  allocating %s/s in %.0f blocks/s", units_size(size, (int64_t)scene->bytes_a_second, false),
			scene->blocks_a_second);
	if (snapshot_interval(scene->now))
		out_format(out, "  estimates of one block in %s",
			units_size(size, (int64_t)snapshot_interval(scene->now), false));
	if (!scene->now->run.complete)
		out_text(out, "  incomplete");
}

static void write_choice(const struct live_scene *scene, struct out *out)
{
	const struct live_keys *keys = scene->keys;

	out_format(out, "by %s, order %s%s%s%s", query_by_name(keys->by), query_sort_name(keys->sort),
		keys->cumulative ? ", cumulative" : "", keys->hide_standard ? ", without standard frames" : "",
		keys->change ? ", with what changed since the mark" : "");
	if (keys->filter[0])
		out_format(out, ", with \"%s\"", keys->filter);
}

static void add_head(struct live_screen *screen, struct text *text, const struct live_scene *scene, int width)
{
	static void (*const writers[HEAD_LINES])(const struct live_scene *, struct out *) = {
		write_program, write_numbers, write_choice};
	static const enum live_style styles[HEAD_LINES] = {LIVE_STRONG, LIVE_PLAIN, LIVE_DIM};

	for (size_t i = 0; i < HEAD_LINES; i++) {
		struct text line;

		text_open(&line);
		writers[i](scene, &line.out);
		text_end(&line);
		add_line(screen, text, line.data, line.size, width, styles[i]);
		fclose(line.out.stream);
		free(line.data);
	}
}

/* ---- the table ---- */

/* In upper or lower case; bytes that are no letters of ASCII are what they are. */
static bool contains(const char *data, size_t size, const char *wanted)
{
	size_t length = strlen(wanted);

	for (size_t i = 0; i + length <= size; i++)
		if (strncasecmp(data + i, wanted, length) == 0)
			return true;
	return false;
}

static bool row_has(const struct table *table, const struct row *row, const char *wanted)
{
	struct row_frames frames = row_frames(table, row);
	struct text text;
	bool found;

	text_open(&text);
	for (const struct column *column = columns; column->title; column++)
		if (column->kind == COLUMN_FUNCTION || column->kind == COLUMN_PLACE) {
			column->cell(table, row, &text.out);
			out_text(&text.out, "\n");
		}
	for (size_t i = 0; table->query->by == BY_TRACEBACK && i < frames.all.count; i++) {
		const struct row_frame *frame = &frames.all.items[i];

		out_bytes(&text.out, frame->filename.data, frame->filename.size);
		out_text(&text.out, "\n");
		if (frame->function.data)
			out_bytes(&text.out, frame->function.data, frame->function.size);
		out_text(&text.out, "\n");
	}
	text_end(&text);
	found = contains(text.data, text.size, wanted);
	fclose(text.out.stream);
	free(text.data);
	ARRAY_FREE(&frames.all);
	return found;
}

static void keep_rows(struct table *table, const char *wanted)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->rows.count; i++)
		if (row_has(table, &table->rows.items[i], wanted))
			table->rows.items[kept++] = table->rows.items[i];
	table->rows.count = kept;
}

static int make_table(struct table *table, const struct query *query, const struct live_scene *scene, struct error *err)
{
	const struct side now = {scene->now, "now", (size_t)snapshot_moment(scene->now, NULL, err)};
	const struct side mark = {scene->mark, "mark", (size_t)snapshot_moment(scene->mark, NULL, err)};

	return scene->keys->change ? table_diff(table, query, &mark, &now, err) : table_top(table, query, &now, err);
}

/* Prints the first ROWS rows that the filter leaves, into *DATA, malloc'ed. */
static int print_rows(const struct live_scene *scene, size_t rows, int width, char **data, size_t *size, struct error *err)
{
	const struct live_keys *keys = scene->keys;
	struct query query = QUERY_INIT;
	struct table table = {0};
	struct text text;
	int rc;

	query.by = keys->by;
	query.sort = keys->sort;
	query.cumulative = keys->cumulative;
	query.hide_standard = keys->hide_standard;
	query.limit = 0;
	rc = make_table(&table, &query, scene, err);
	text_open(&text);
	if (rc == 0) {
		if (keys->filter[0])
			keep_rows(&table, keys->filter);
		table.shown = table.rows.count < rows ? table.rows.count : rows;
		text.out.width = width;
		print_table.table(&table, &text.out);
		text_end(&text);
	}
	fclose(text.out.stream);
	*data = text.data;
	*size = text.size;
	if (table.query)
		table_release(&table);
	return rc;
}

static size_t line_size(const char *data, const char *end)
{
	const char *newline = memchr(data, '\n', (size_t)(end - data));

	return (size_t)((newline ? newline : end) - data);
}

static size_t count_lines(const char *data, const char *end)
{
	size_t lines = 0;

	for (; data < end; data += line_size(data, end) + 1)
		lines++;
	return lines;
}

/* The printer's title says what the head does; its line of columns stays where it is. */
static int add_table(struct live_screen *screen, struct text *text, const struct live_scene *scene, int width, struct error *err)
{
	bool has_columns = scene->keys->by != BY_TRACEBACK;
	size_t page = screen->page - (has_columns && screen->page), first = scene->keys->first, size, lines;
	char *data;
	int rc = print_rows(scene, first < SIZE_MAX / 4 ? first + page : SIZE_MAX, width, &data, &size, err);
	const char *at = data, *end = data + size;

	if (rc == 0) {
		at += line_size(at, end) + 1;
		if (has_columns && screen->page)
			add_line(screen, text, at, line_size(at, end), width, LIVE_TITLE);
		if (has_columns)
			at += line_size(at, end) + 1;
		lines = count_lines(at, end);
		screen->page = page;
		if (lines <= page)
			first = 0;
		else if (first > lines - page)
			first = lines - page;
		screen->first = first;
		for (size_t i = 0; i < first + page && at < end; i++, at += line_size(at, end) + 1)
			if (i >= first)
				add_line(screen, text, at, line_size(at, end), width, LIVE_PLAIN);
	}
	free(data);
	return rc;
}

/* ---- all ---- */

static void add_help(struct live_screen *screen, struct text *text, int width)
{
	for (size_t i = 0; live_help[i] && i < screen->page; i++)
		add_line(screen, text, live_help[i], strlen(live_help[i]), width, LIVE_PLAIN);
}

static void add_foot(struct live_screen *screen, struct text *text, const struct live_scene *scene, int width, int height)
{
	char *typed = scene->keys->typing ? xasprintf("filter: %s_", scene->keys->filter) : NULL;
	const char *line = typed ? typed : scene->said ? scene->said : keys_line;

	while (screen->lines.count + FOOT_LINES < (size_t)height)
		add_line(screen, text, "", 0, width, LIVE_PLAIN);
	add_line(screen, text, line, strlen(line), width, typed || scene->said ? LIVE_STRONG : LIVE_DIM);
	free(typed);
}

int live_screen_make(struct live_screen *screen, const struct live_scene *scene, int width, int height, struct error *err)
{
	struct text text;
	int rc = 0;

	memset(screen, 0, sizeof *screen);
	screen->page = height > HEAD_LINES + FOOT_LINES ? (size_t)(height - HEAD_LINES - FOOT_LINES) : 0;
	text_open(&text);
	add_head(screen, &text, scene, width);
	if (scene->keys->help)
		add_help(screen, &text, width);
	else
		rc = add_table(screen, &text, scene, width, err);
	add_foot(screen, &text, scene, width, height);
	for (; screen->lines.count > (size_t)height; screen->lines.count--)
		screen->lines.items[screen->lines.count - 2] = screen->lines.items[screen->lines.count - 1];
	fclose(text.out.stream);
	screen->text = text.data;
	screen->size = text.size;
	return rc;
}

void live_screen_release(struct live_screen *screen)
{
	free(screen->text);
	ARRAY_FREE(&screen->lines);
	memset(screen, 0, sizeof *screen);
}
