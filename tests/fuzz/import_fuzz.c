/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzes the reader of memtrace-snapshot/1. What it accepts must be sound: it passes the check, its
 * export is read back and exported to the same bytes, and every printer can print it.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "report/exporter.h"
#include "report/import_json.h"
#include "report/json_scan.h"
#include "report/printer.h"

static char *export(const struct snapshot *snapshot, size_t *size)
{
	struct export_query query = {0};
	struct error err = ERROR_INIT;
	char *text = NULL;
	struct out out;

	out_init(&out, open_memstream(&text, size));
	if (export_json.write(snapshot, &query, &out, &err) < 0)
		abort();
	fclose(out.stream);
	return text;
}

static void export_again(const struct snapshot *snapshot)
{
	struct error err = ERROR_INIT;
	size_t first_size, second_size;
	char *first = export(snapshot, &first_size), *second;
	struct snapshot *copy = import_json(first, first_size, &err);

	if (!copy)
		abort();
	second = export(copy, &second_size);
	if (first_size != second_size || memcmp(first, second, first_size) != 0)
		abort();
	snapshot_free(copy);
	free(first);
	free(second);
}

static void print(const struct table *table, const struct printer *printer)
{
	char *text = NULL;
	size_t size;
	struct out out;

	out_init(&out, open_memstream(&text, &size));
	out.width = 60;
	printer->table(table, &out);
	fclose(out.stream);
	free(text);
}

static void print_all(const struct snapshot *snapshot)
{
	static const struct printer *const printers[] = {
		&print_text, &print_table, &print_json, &print_csv};
	static const enum group_by keys[] = {BY_LINENO, BY_TRACEBACK, BY_FUNCTION, BY_OWNER};
	struct side side = {snapshot, "fuzz.snap", 0};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct query query = QUERY_INIT;
		struct error err = ERROR_INIT;
		struct table table;

		query.by = keys[i];
		/* Plain sums are no larger than the snapshot's own, which were checked. */
		if (table_diff(&table, &query, &side, &side, &err) < 0)
			abort();
		print(&table, printers[i]);
		table_release(&table);
	}
}

/* What the scan of large texts refuses is no JSON. jansson passes over a NUL behind a number. */
static void scan(const char *text, size_t size)
{
	struct error err = ERROR_INIT;
	json_t *root;

	if (memchr(text, '\0', size) || json_scan(text, size, &err) == 0)
		return;
	root = json_loadb(text, size, JSON_ALLOW_NUL, NULL);
	if (root || err.text[0] == '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	struct snapshot *snapshot = import_json((const char *)data, size, &err);

	scan((const char *)data, size);
	if (!snapshot) {
		/* A refusal is a line, and one for the user. */
		if (err.text[0] == '\0' || err.status != EXIT_BAD_INPUT)
			abort();
		return 0;
	}
	if (snapshot_check(snapshot, &err) < 0)
		abort();
	export_again(snapshot);
	print_all(snapshot);
	snapshot_free(snapshot);
	return 0;
}
