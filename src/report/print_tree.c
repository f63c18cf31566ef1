/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree for people: numbers at the left, beside them the branches (tree_shape.h). In a window a line is never wider than
 * it: names are cut, places at their beginning; of branches that go too far to the right the inner ones are left; and of a run
 * of frames that only hand on to one another four are shown, most of them near the
 * blocks, with the names of those between as far as they go. As text nothing is cut and every frame has its line. The first pass finds the widths of the numbers.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "report/metric.h"
#include "report/printer.h"
#include "report/safe.h"
#include "report/short_name.h"
#include "report/tree_shape.h"

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"
#define GAP "  "

enum {
	N_COLUMNS = 4,
	NARROW = 60,	  /* a narrower window has room for one number and its share or change */
	RUN_SHOWN = 4,	  /* longer runs than this and one more are shortened to so many lines and that of those left out */
	RUN_FAR = 1,	  /* of them at the end that is farther from where blocks are made */
	LEVELS_MAX = 64,  /* drawn, without a window */
	LABEL_MIN = 16,	  /* columns that a label has whatever the window */
	PLACE_MIN = 12,
	RUN_BYTES = 4096, /* of the names of a run, without a window */
};

/* What one line's numbers are of. */
struct numbers {
	struct tree_sum now, old;
};

struct column {
	const char *title;
	void (*write)(const struct tree *tree, const struct numbers *numbers, char text[UNITS_MAX]);
	bool is_change;
	size_t width;
};

struct drawing {
	const struct tree *tree;
	struct out *out;
	struct tree_shape shape;
	struct column columns[N_COLUMNS];
	size_t n_columns, numbers_width;
	bool table; /* for a window, else text */
};

static void size_text(const struct tree *tree, const struct numbers *numbers, char text[UNITS_MAX])
{
	(void)tree;
	units_size(text, numbers->now.size, false);
}

static void size_change(const struct tree *tree, const struct numbers *numbers, char text[UNITS_MAX])
{
	(void)tree;
	units_size(text, numbers->now.size - numbers->old.size, true);
}

static void count_text(const struct tree *tree, const struct numbers *numbers, char text[UNITS_MAX])
{
	(void)tree;
	snprintf(text, UNITS_MAX, "%" PRId64, numbers->now.count);
}

static void count_change(const struct tree *tree, const struct numbers *numbers, char text[UNITS_MAX])
{
	(void)tree;
	snprintf(text, UNITS_MAX, "%+" PRId64, numbers->now.count - numbers->old.count);
}

static void share_text(const struct tree *tree, const struct numbers *numbers, char text[UNITS_MAX])
{
	int64_t all = tree_weight(tree, &tree->nodes.items[0].total);

	*text = '\0';
	if (all)
		snprintf(text, UNITS_MAX, "%.1f%%", 100.0 * (double)tree_weight(tree, &numbers->now) / (double)all);
}

static void choose_columns(struct drawing *drawing)
{
	bool narrow = drawing->table && drawing->out->width > 0 && drawing->out->width < NARROW;
	bool blocks = metric_counts_blocks(drawing->tree->query->metric), diff = drawing->tree->is_diff;
	const struct column size[] = {{"SIZE", size_text, false, 0}, {"CHANGE", size_change, true, 0}};
	const struct column count[] = {{"COUNT", count_text, false, 0}, {"CHANGE", count_change, true, 0}};
	const struct column share = {"SHARE", share_text, false, 0};
	const struct column *first = blocks ? count : size, *second = blocks ? size : count;

	drawing->columns[drawing->n_columns++] = first[0];
	drawing->columns[drawing->n_columns++] = diff ? first[1] : share;
	if (narrow)
		return;
	drawing->columns[drawing->n_columns++] = second[0];
	if (diff)
		drawing->columns[drawing->n_columns++] = second[1];
}

static struct numbers numbers_of(const struct tree *tree, const struct tree_line *line)
{
	const struct tree_node *node = &tree->nodes.items[line->node];
	struct numbers numbers = {node->total, node->old_total};

	if (line->step == TREE_SELF)
		numbers = (struct numbers){node->self, node->old_self};
	if (line->step == TREE_OTHERS)
		tree_others(tree, line->node, &numbers.now, &numbers.old);
	return numbers;
}

static void measure(struct drawing *drawing)
{
	struct tree_shape shape;
	struct tree_line line;
	char text[UNITS_MAX];

	tree_shape_init(&shape, drawing->tree);
	for (size_t i = 0; i < drawing->n_columns; i++)
		drawing->columns[i].width = drawing->table ? strlen(drawing->columns[i].title) : 0;
	while (tree_shape_next(&shape, &line)) {
		struct numbers numbers = numbers_of(drawing->tree, &line);

		for (size_t i = 0; i < drawing->n_columns; i++) {
			drawing->columns[i].write(drawing->tree, &numbers, text);
			if (strlen(text) > drawing->columns[i].width)
				drawing->columns[i].width = strlen(text);
		}
	}
	tree_shape_release(&shape);
	for (size_t i = 0; i < drawing->n_columns; i++)
		drawing->numbers_width += drawing->columns[i].width + strlen(GAP);
}

static void colour(struct out *out, const char *code)
{
	if (out->colour)
		out_text(out, code);
}

static void numbers_write(const struct drawing *drawing, const struct numbers *numbers)
{
	struct out *out = drawing->out;
	char text[UNITS_MAX];

	for (size_t i = 0; i < drawing->n_columns; i++) {
		const struct column *column = &drawing->columns[i];
		const char *code = i == 0 ? BOLD : NULL;

		column->write(drawing->tree, numbers, text);
		if (column->is_change && *text != '+')
			code = GREEN;
		else if (column->is_change && text[1] != '0')
			code = RED;
		out_format(out, "%*s", (int)(column->width - strlen(text)), "");
		if (code)
			colour(out, code);
		out_text(out, text);
		if (code)
			colour(out, PLAIN);
		out_text(out, GAP);
	}
}

/* Returns the columns that are left for the label. */
static size_t branches_write(const struct drawing *drawing, const struct tree_line *line, uint32_t level, bool branch)
{
	struct out *out = drawing->out;
	bool window = drawing->table && out->width > 0;
	size_t room = window && (size_t)out->width > drawing->numbers_width ? (size_t)out->width - drawing->numbers_width : 0;
	size_t most = window ? room / 2 / 3 : LEVELS_MAX, used = 0;
	uint32_t from = 1;

	if (level)
		colour(out, DIM);
	if (level > most) {
		from = level - (uint32_t)(most ? most - 1 : 0) + 1;
		out_text(out, "…  ");
		used += 3;
	}
	for (uint32_t i = from; i < level + !branch; i++, used += 3)
		out_text(out, tree_shape_open(&drawing->shape, i) ? "│  " : "   ");
	if (branch && from <= level) {
		out_text(out, line->last ? "└─ " : "├─ ");
		used += 3;
	}
	if (level)
		colour(out, PLAIN);
	if (!window)
		return SIZE_MAX;
	return room > used + LABEL_MIN ? room - used : LABEL_MIN;
}

/* The function in its short form, or in the full one; nothing where it is not known. */
static void function_text(const struct tree *tree, const struct row_frame *frame, char **data, size_t *size)
{
	FILE *stream = open_memstream(data, size);
	struct short_name name = {.pieces = {frame->function}};
	size_t n = 0;

	if (frame->function.data)
		n = tree->query->query->full_names ? 1 : short_name(&name, frame->function.data, frame->function.size);
	for (size_t i = 0; i < n; i++)
		fwrite(name.pieces[i].data, 1, name.pieces[i].size, stream);
	fclose(stream);
}

static void place_text(const struct tree *tree, uint32_t node, const struct row_frame *frame, char **data, size_t *size)
{
	const struct place *place = &tree->keys.places.items[tree->keys.keys.items[node].place];
	struct out out;

	out_init(&out, open_memstream(data, size));
	if (place->kind == PLACE_SYMBOL && frame->function.data)
		out_bytes(&out, frame->filename.data, frame->filename.size);
	else
		place_write(&tree->keys, place, &out);
	fclose(out.stream);
}

/* Columns of ROOM for the place, its gap included: what it needs, but not more than half, and nothing where that says nothing. */
static size_t place_room(size_t room, size_t function, size_t place)
{
	size_t left = room > function ? room - function : 0;

	if (left < room / 2)
		left = room / 2;
	if (place + strlen(GAP) <= left)
		return place + strlen(GAP);
	return left >= PLACE_MIN ? left : 0;
}

/* "function  place" */
static void frame_write(const struct drawing *drawing, const struct tree_line *line, size_t room)
{
	struct row_frame frame = tree_frame(drawing->tree, line->node);
	size_t function_size, place_size, for_place;
	struct out *out = drawing->out;
	char *function, *place;

	function_text(drawing->tree, &frame, &function, &function_size);
	place_text(drawing->tree, line->node, &frame, &place, &place_size);
	room -= line->cut && room != SIZE_MAX ? 2 : 0;
	for_place = room;
	if (function_size) {
		for_place = place_room(room, safe_columns(function, function_size), safe_columns(place, place_size));
		safe_write_head(out, function, function_size, room - for_place);
	}
	colour(out, DIM);
	if (function_size && for_place) {
		out_text(out, GAP);
		for_place -= strlen(GAP);
	}
	if (for_place)
		safe_write_tail(out, place, place_size, for_place);
	out_text(out, line->cut ? " …" : "");
	colour(out, PLAIN);
	free(function);
	free(place);
}

static void label_write(const struct drawing *drawing, const struct tree_line *line, size_t room)
{
	struct tree_sum now, old;
	uint32_t others;
	char text[64];

	if (line->step == TREE_NODE && line->node) {
		frame_write(drawing, line, room);
		return;
	}
	others = tree_others(drawing->tree, line->node, &now, &old);
	if (line->step == TREE_OTHERS)
		snprintf(text, sizeof(text), "%" PRIu32 " other%s", others, others == 1 ? "" : "s");
	else
		snprintf(text, sizeof(text), "%s%s", line->step == TREE_SELF ? "(itself)" : "all", line->cut ? " …" : "");
	safe_write_head(drawing->out, text, strlen(text), room);
}

/* The N nodes from NODE on, as one line: how many, and their names as far as there is room. */
static void run_write(const struct drawing *drawing, const struct tree_line *line, uint32_t n)
{
	const struct tree *tree = drawing->tree;
	size_t room, most, size, name_size, last_size = 0;
	char *text = NULL, *name, *last = NULL;
	uint32_t node = line->node;
	FILE *stream;

	out_format(drawing->out, "%*s", (int)drawing->numbers_width, "");
	room = branches_write(drawing, line, line->level, false);
	most = room < RUN_BYTES / 4 ? room * 4 : RUN_BYTES;
	stream = open_memstream(&text, &size);
	fprintf(stream, "⋮ %" PRIu32 " frames", n);
	for (uint32_t i = 0; i < n && (fflush(stream), size < most); i++) {
		struct row_frame frame = tree_frame(tree, node);

		function_text(tree, &frame, &name, &name_size);
		if (name_size && !(last && last_size == name_size && memcmp(last, name, name_size) == 0))
			fprintf(stream, "%s%.*s", last ? " › " : ": ", (int)name_size, name);
		node = tree->order[tree->nodes.items[node].children];
		if (!name_size) {
			free(name);
			continue;
		}
		free(last);
		last = name;
		last_size = name_size;
	}
	fclose(stream);
	colour(drawing->out, DIM);
	safe_write_head(drawing->out, text, size, room);
	colour(drawing->out, PLAIN);
	out_text(drawing->out, "\n");
	free(last);
	free(text);
}

/* Whether the line is one of a long run that is left out; the first of them writes what stands for all. */
static bool left_out(const struct drawing *drawing, const struct tree_line *line)
{
	uint32_t head = drawing->tree->query->inverted ? RUN_SHOWN - RUN_FAR : RUN_FAR;

	if (!drawing->table || drawing->tree->query->full || line->run_length <= RUN_SHOWN + 1)
		return false;
	if (line->run < head || line->run >= line->run_length - (RUN_SHOWN - head))
		return false;
	if (line->run == head)
		run_write(drawing, line, line->run_length - RUN_SHOWN);
	return true;
}

/* Numbers that stand already on the line before. */
static bool same_as_caller(const struct tree *tree, const struct tree_line *line)
{
	const struct tree_node *node = &tree->nodes.items[line->node], *parent = &tree->nodes.items[node->parent];

	return line->step == TREE_NODE && line->node && !line->branch &&
	       memcmp(&node->total, &parent->total, sizeof(node->total)) == 0 &&
	       memcmp(&node->old_total, &parent->old_total, sizeof(node->old_total)) == 0;
}

static void lines_write(struct drawing *drawing)
{
	struct tree_line line;

	tree_shape_init(&drawing->shape, drawing->tree);
	while (tree_shape_next(&drawing->shape, &line) && !drawing->out->failed) {
		struct numbers numbers = numbers_of(drawing->tree, &line);
		size_t room;

		if (line.step == TREE_NODE && left_out(drawing, &line))
			continue;
		if (drawing->table && same_as_caller(drawing->tree, &line))
			out_format(drawing->out, "%*s", (int)drawing->numbers_width, "");
		else
			numbers_write(drawing, &numbers);
		room = branches_write(drawing, &line, line.level, line.branch);
		label_write(drawing, &line, room);
		out_text(drawing->out, "\n");
	}
	tree_shape_release(&drawing->shape);
}

static void titles_write(const struct drawing *drawing)
{
	struct out *out = drawing->out;

	colour(out, DIM);
	for (size_t i = 0; i < drawing->n_columns; i++) {
		const struct column *column = &drawing->columns[i];

		out_format(out, "%*s%s", (int)column->width, column->title, i + 1 < drawing->n_columns ? GAP : "\n");
	}
	colour(out, PLAIN);
}

/* What was ever allocated is of no moment. */
static void tree_side_write(const struct side *side, bool total, struct out *out)
{
	if (total)
		safe_write(out, side->file, strlen(side->file));
	else
		side_write(side, out);
}

static void title_write(const struct tree *tree, struct out *out)
{
	const struct tree_query *query = tree->query;
	bool total = metric_is_total(query->metric);

	colour(out, DIM);
	if (tree->is_diff) {
		tree_side_write(&tree->before, total, out);
		out_text(out, " to ");
	}
	tree_side_write(&tree->now, total, out);
	out_format(out, "%s, by %s%s%s\n", total ? ", all ever allocated" : "", query_by_name(query->query->by),
		query->inverted ? ", inverted: below each place its callers" : "",
		query->query->hide_standard ? ", without standard frames" : "");
	colour(out, PLAIN);
}

static void footer_write(const struct tree *tree, struct out *out)
{
	const struct tree_node *root = &tree->nodes.items[0];
	char text[UNITS_MAX], blocks[UNITS_MAX];

	colour(out, DIM);
	out_format(out, "total: %s", units_size(text, root->total.size, false));
	if (tree->is_diff)
		out_format(out, " (%s)", units_size(text, root->total.size - root->old_total.size, true));
	out_format(out, ", %s", units_count(blocks, (uint64_t)root->total.count, "block"));
	if (tree->threshold > 1 && metric_counts_blocks(tree->query->metric))
		out_format(out, "; without branches below %s", units_count(blocks, tree->threshold, "block"));
	else if (tree->threshold > 1)
		out_format(out, "; without branches below %s", units_size(text, (int64_t)tree->threshold, false));
	out_text(out, "\n");
	colour(out, PLAIN);
}

static void draw(const struct tree *tree, struct out *out, bool table)
{
	struct drawing drawing = {.tree = tree, .out = out, .table = table};

	choose_columns(&drawing);
	measure(&drawing);
	if (table)
		titles_write(&drawing);
	lines_write(&drawing);
}

void tree_text(const struct tree *tree, struct out *out)
{
	draw(tree, out, false);
}

void tree_table(const struct tree *tree, struct out *out)
{
	title_write(tree, out);
	draw(tree, out, true);
	footer_write(tree, out);
}
