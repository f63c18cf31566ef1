/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports into memory. */
#include "printed.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "report/import_json.h"

char *file_text(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t size = 0, used = 0;

	cr_assert(file, "cannot open %s", path);
	do {
		size = used + 65536;
		text = xrealloc(text, size + 1);
		used += fread(text + used, 1, size - used, file);
	} while (used == size);
	text[used] = '\0';
	fclose(file);
	return text;
}

struct snapshot *imported(const char *text)
{
	struct error err = ERROR_INIT;
	char *document = xstrdup(text);
	struct snapshot *snapshot;

	for (char *at = document; *at; at++) {
		if (*at == '\'')
			*at = '"';
	}
	snapshot = import_json(document, strlen(document), &err);
	free(document);
	cr_assert(snapshot, "%s", err.text);
	return snapshot;
}

struct snapshot *imported_file(const char *path)
{
	struct error err = ERROR_INIT;
	char *text = file_text(path);
	struct snapshot *snapshot = import_json(text, strlen(text), &err);

	cr_assert(snapshot, "%s: %s", path, err.text);
	free(text);
	return snapshot;
}

/* One of TABLE and TREE is NULL. */
static char *print(const struct printer *printer, const struct table *table, const struct tree *tree, int width, bool colour)
{
	char *text = NULL;
	size_t size;
	struct out out;

	out_init(&out, open_memstream(&text, &size));
	out.width = width;
	out.terminal = width > 0;
	out.colour = colour;
	if (table)
		printer->table(table, &out);
	else
		printer->tree(tree, &out);
	fclose(out.stream);
	cr_assert(!out.failed);
	return text;
}

char *printed(const struct printer *printer, const struct table *table, int width)
{
	return print(printer, table, NULL, width, false);
}

char *printed_colour(const struct printer *printer, const struct table *table, int width)
{
	return print(printer, table, NULL, width, true);
}

char *printed_tree(const struct printer *printer, const struct tree *tree, int width, bool colour)
{
	return print(printer, NULL, tree, width, colour);
}

static struct side side_of(const struct snapshot *snapshot, const char *file)
{
	struct error err = ERROR_INIT;
	int moment = snapshot_moment(snapshot, NULL, &err);

	cr_assert_geq(moment, 0, "%s", err.text);
	return (struct side){snapshot, file, (size_t)moment};
}

char *top_text(const struct snapshot *snapshot, const struct query *query, const char *format)
{
	struct side side = side_of(snapshot, "a.snap");
	struct error err = ERROR_INIT;
	struct table table;
	char *text;

	cr_assert_eq(table_top(&table, query, &side, &err), 0, "%s", err.text);
	text = printed(printer_find(format), &table, 0);
	table_release(&table);
	return text;
}

char *diff_text(const struct snapshot *old, const struct snapshot *new, const struct query *query,
	const char *format)
{
	struct side before = side_of(old, "a.snap"), now = side_of(new, "b.snap");
	struct error err = ERROR_INIT;
	struct table table;
	char *text;

	cr_assert_eq(table_diff(&table, query, &before, &now, &err), 0, "%s", err.text);
	text = printed(printer_find(format), &table, 0);
	table_release(&table);
	return text;
}

char *exported(
	const struct snapshot *snapshot, const char *form, const char *moment, enum metric metric)
{
	struct export_query query = {.metric = metric};
	struct error err = ERROR_INIT;
	int index = snapshot_moment(snapshot, moment, &err);
	char *text = NULL;
	size_t size;
	struct out out;

	cr_assert_geq(index, 0, "%s", err.text);
	query.moment = (size_t)index;
	out_init(&out, open_memstream(&text, &size));
	cr_assert_eq(exporter_find(form)->write(snapshot, &query, &out, &err), 0, "%s", err.text);
	fclose(out.stream);
	return text;
}

void assert_text(char *text, const char *want)
{
	cr_assert_str_eq(text, want, "got:\n%s\nwant:\n%s", text, want);
	free(text);
}
