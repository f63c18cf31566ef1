/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The printers on committed snapshots, byte for byte: tests/golden/old.json and new.json, and
 * beside them one file a printout. To see what a change does, run the unit tests with
 * MEMTRACE_GOLDEN_OUT=FOLDER set: what is printed is written there under the same names.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "printed.h"
#include "report/info.h"

struct golden {
	const char *name; /* of the file with what must be printed */
	const char *format;
	struct query query;
	int width;
	bool diff, colour;
	size_t moment;
};

#define QUERY(...)                                                                                 \
	{                                                                                          \
		.only_domain = QUERY_NO_DOMAIN, .frames = QUERY_FRAMES_ALL, __VA_ARGS__            \
	}

static const struct golden goldens[] = {
	{.name = "top-lineno.txt", .format = "text", .query = QUERY(.by = BY_LINENO)},
	{.name = "top-filename.txt", .format = "text", .query = QUERY(.by = BY_FILENAME)},
	{.name = "top-function.txt", .format = "text", .query = QUERY(.by = BY_FUNCTION)},
	{.name = "top-module.txt", .format = "text", .query = QUERY(.by = BY_MODULE)},
	{.name = "top-thread.txt", .format = "text", .query = QUERY(.by = BY_THREAD)},
	{.name = "top-owner.txt", .format = "text", .query = QUERY(.by = BY_OWNER)},
	{.name = "top-traceback.txt", .format = "text", .query = QUERY(.by = BY_TRACEBACK)},
	{.name = "top-traceback-oldest.txt",
		.format = "text",
		.query = {.only_domain = QUERY_NO_DOMAIN,
			.by = BY_TRACEBACK,
			.frames = 2,
			.oldest_first = true}},
	{.name = "top-peak.txt", .format = "text", .query = QUERY(.by = BY_LINENO), .moment = 1},
	{.name = "top-lineno.table",
		.format = "table",
		.query = QUERY(.by = BY_LINENO, .limit = 4),
		.width = 80},
	{.name = "top-lineno-wide.table",
		.format = "table",
		.query = QUERY(.by = BY_LINENO),
		.width = 0},
	{.name = "top-lineno-narrow.table",
		.format = "table",
		.query = QUERY(.by = BY_LINENO),
		.width = 50},
	{.name = "top-cumulative.table",
		.format = "table",
		.query = QUERY(.by = BY_FILENAME, .cumulative = CUMULATIVE_FRAMES, .limit = 2),
		.width = 80},
	{.name = "top-colour.table",
		.format = "table",
		.query = QUERY(.by = BY_MODULE),
		.width = 80,
		.colour = true},
	{.name = "top-traceback.table",
		.format = "table",
		.query = QUERY(.by = BY_TRACEBACK, .limit = 4),
		.width = 80},
	{.name = "top-lineno.json", .format = "json", .query = QUERY(.by = BY_LINENO)},
	{.name = "top-filename.json",
		.format = "json",
		.query = QUERY(.by = BY_FILENAME, .limit = 2)},
	{.name = "top-thread.json", .format = "json", .query = QUERY(.by = BY_THREAD)},
	{.name = "top-traceback.json",
		.format = "json",
		.query = QUERY(.by = BY_TRACEBACK, .limit = 3)},
	{.name = "top-lineno.csv", .format = "csv", .query = QUERY(.by = BY_LINENO)},
	{.name = "top-traceback.csv", .format = "csv", .query = QUERY(.by = BY_TRACEBACK)},
	{.name = "diff-lineno.txt",
		.format = "text",
		.query = QUERY(.by = BY_LINENO),
		.diff = true},
	{.name = "diff-traceback.txt",
		.format = "text",
		.query = QUERY(.by = BY_TRACEBACK),
		.diff = true},
	{.name = "diff-lineno.table",
		.format = "table",
		.query = QUERY(.by = BY_LINENO, .limit = 4),
		.width = 100,
		.diff = true},
	{.name = "diff-colour.table",
		.format = "table",
		.query = QUERY(.by = BY_MODULE),
		.width = 100,
		.diff = true,
		.colour = true},
	{.name = "diff-lineno.json",
		.format = "json",
		.query = QUERY(.by = BY_LINENO),
		.diff = true},
	{.name = "diff-lineno.csv", .format = "csv", .query = QUERY(.by = BY_LINENO), .diff = true},
};

static void keep(const char *name, const char *text)
{
	const char *folder = getenv("MEMTRACE_GOLDEN_OUT");
	char path[500];
	FILE *file;

	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
}

/* Frees TEXT. */
static void assert_golden(const char *name, char *text)
{
	char path[200], *want;

	keep(name, text);
	snprintf(path, sizeof(path), "tests/golden/%s", name);
	want = file_text(path);
	cr_expect_str_eq(text, want, "%s: got:\n%s\nwant:\n%s", name, text, want);
	free(want);
	free(text);
}

static void check(const struct golden *golden)
{
	const struct printer *printer = printer_find(golden->format);
	struct snapshot *old = imported_file("tests/golden/old.json");
	struct snapshot *new = imported_file("tests/golden/new.json");
	struct side before = {old, "old.snap", golden->moment}, now = {new, "new.snap", 0};
	struct error err = ERROR_INIT;
	struct table table;

	if (golden->diff)
		cr_assert_eq(
			table_diff(&table, &golden->query, &before, &now, &err), 0, "%s", err.text);
	else
		cr_assert_eq(table_top(&table, &golden->query, &before, &err), 0, "%s", err.text);
	assert_golden(golden->name,
		(golden->colour ? printed_colour : printed)(printer, &table, golden->width));
	table_release(&table);
	snapshot_free(old);
	snapshot_free(new);
}

Test(printer, golden)
{
	for (size_t i = 0; i < sizeof(goldens) / sizeof(*goldens); i++)
		check(&goldens[i]);
}

struct golden_tree {
	const char *name, *format;
	struct tree_query query;
	int width;
	bool diff, colour, full_names, function;
};

static const struct golden_tree golden_trees[] = {
	{.name = "tree-40.table", .format = "table", .query = {.percent = 1}, .width = 40},
	{.name = "tree.table", .format = "table", .query = {.percent = 1}, .width = 80},
	{.name = "tree-200.table", .format = "table", .query = {.percent = 1}, .width = 200},
	{.name = "tree-function.table", .format = "table", .query = {.percent = 0}, .width = 80, .function = true},
	{.name = "tree-colour.table", .format = "table", .query = {.percent = 20}, .width = 80, .colour = true},
	{.name = "tree-inverted.table", .format = "table", .query = {.percent = 0, .inverted = true}, .width = 100},
	{.name = "tree-count.table", .format = "table", .query = {.percent = 1, .metric = METRIC_TOTAL_COUNT}, .width = 50},
	{.name = "tree-depth.table", .format = "table", .query = {.depth = 2}, .width = 80},
	{.name = "tree-diff.table", .format = "table", .query = {.percent = 1}, .width = 100, .diff = true},
	{.name = "tree-diff-colour.table", .format = "table", .query = {.percent = 1}, .width = 60, .diff = true, .colour = true},
	{.name = "tree.txt", .format = "text", .query = {.percent = 1}},
	{.name = "tree-inverted.txt", .format = "text", .query = {.percent = 1, .inverted = true}, .full_names = true},
	{.name = "tree.json", .format = "json", .query = {.percent = 10}},
	{.name = "tree-diff.json", .format = "json", .query = {.percent = 10, .inverted = true}, .diff = true},
	{.name = "tree.csv", .format = "csv", .query = {.percent = 0}},
	{.name = "tree-diff.csv", .format = "csv", .query = {.percent = 1}, .diff = true},
};

static void check_tree(const struct golden_tree *golden)
{
	struct snapshot *old = imported_file("tests/golden/old.json");
	struct snapshot *new = imported_file("tests/golden/new.json");
	struct side before = {old, "old.snap", 0}, now = {new, "new.snap", 0};
	struct tree_query tree_query = golden->query;
	struct query query = QUERY_INIT;
	struct error err = ERROR_INIT;
	struct tree tree;

	query.by = golden->function ? BY_FUNCTION : BY_LINENO;
	query.full_names = golden->full_names;
	tree_query.query = &query;
	cr_assert_eq(tree_make(&tree, &tree_query, golden->diff ? &before : NULL, golden->diff ? &now : &before, &err), 0);
	assert_golden(golden->name, printed_tree(printer_find(golden->format), &tree, golden->width, golden->colour));
	tree_release(&tree);
	snapshot_free(old);
	snapshot_free(new);
}

Test(printer, golden_trees)
{
	for (size_t i = 0; i < sizeof(golden_trees) / sizeof(*golden_trees); i++)
		check_tree(&golden_trees[i]);
}

Test(printer, golden_exports)
{
	struct snapshot *snapshot = imported_file("tests/golden/old.json");

	assert_golden("export-size.folded", exported(snapshot, "folded", NULL, METRIC_SIZE));
	assert_golden(
		"export-peak-count.folded", exported(snapshot, "folded", "peak", METRIC_COUNT));
	assert_golden("export-total.folded", exported(snapshot, "folded", NULL, METRIC_TOTAL_SIZE));
	assert_golden("export.csv", exported(snapshot, "csv", NULL, METRIC_SIZE));
	assert_golden("export.json", exported(snapshot, "json", NULL, METRIC_SIZE));
	assert_golden(
		"export.speedscope.json", exported(snapshot, "speedscope", NULL, METRIC_SIZE));
	assert_golden("export.massif", exported(snapshot, "massif", NULL, METRIC_SIZE));
	assert_golden("export.callgrind", exported(snapshot, "callgrind", NULL, METRIC_SIZE));
	snapshot_free(snapshot);
}

static char *info_of(const struct snapshot *snapshot,
	void (*print)(const struct snapshot *, const char *, struct out *))
{
	char *text = NULL;
	size_t size;
	struct out out;

	out_init(&out, open_memstream(&text, &size));
	print(snapshot, "old.snap", &out);
	fclose(out.stream);
	return text;
}

Test(printer, golden_info)
{
	struct snapshot *snapshot = imported_file("tests/golden/old.json");

	assert_golden("info.txt", info_of(snapshot, info_text));
	assert_golden("info.json", info_of(snapshot, info_json));
	snapshot_free(snapshot);
}

#define EMPTY "{'schema': 'memtrace-snapshot/1', 'traceback_limit': 8, 'traces': []}"

Test(printer, nothing)
{
	struct snapshot *snapshot = imported(EMPTY);
	struct query query = QUERY_INIT;

	assert_text(top_text(snapshot, &query, "text"), "");
	assert_text(top_text(snapshot, &query, "table"), "a.snap at exit, by lineno\n"
							 "SIZE  SHARE  COUNT  AVERAGE  PLACE\n"
							 "total: 0 B, 0 blocks\n");
	assert_text(top_text(snapshot, &query, "csv"),
		"place,filename,lineno,function,module,size,count,average\n");
	query.by = BY_TRACEBACK;
	assert_text(top_text(snapshot, &query, "text"), "");
	assert_text(exported(snapshot, "folded", NULL, METRIC_SIZE), "");
	snapshot_free(snapshot);
}

/* A table is never wider than its window, as long as the numbers fit. */
Test(printer, tables_fit_their_window)
{
	struct snapshot *snapshot = imported_file("tests/golden/old.json");
	struct side side = {snapshot, "old.snap", 0};
	struct query query = QUERY_INIT;
	struct error err = ERROR_INIT;
	struct table table;

	cr_assert_eq(table_top(&table, &query, &side, &err), 0, "%s", err.text);
	for (int width = 78; width < 200; width++) {
		char *text = printed(&print_table, &table, width), *at = text, *line;

		while ((line = strsep(&at, "\n"))) {
			int columns = 0;

			/* Continuation bytes take no column; the wide characters are cut off. */
			for (const char *byte = line; *byte; byte++)
				columns += (*byte & 0xc0) != 0x80;
			cr_expect_leq(columns, width, "%d: %s", width, line);
		}
		free(text);
	}
	table_release(&table);
	snapshot_free(snapshot);
}
