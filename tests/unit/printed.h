/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the tests of reports: snapshots from JSON text, and what printers and exporters make of them,
 * as text. */
#ifndef UNIT_PRINTED_H
#define UNIT_PRINTED_H

#include "model/snapshot.h"
#include "report/exporter.h"
#include "report/printer.h"

/* A file of the source tree, NUL-terminated; the tests run in its top folder. */
char *file_text(const char *path);

/* The snapshot of a document; the test fails when it is refused. Single quotes stand for double. */
struct snapshot *imported(const char *text);
struct snapshot *imported_file(const char *path);

/* What a printer writes in a window WIDTH columns wide (0: no window), to be freed. */
char *printed(const struct printer *printer, const struct table *table, int width);
char *printed_colour(const struct printer *printer, const struct table *table, int width);
char *printed_tree(const struct printer *printer, const struct tree *tree, int width, bool colour);
/* The whole way from a query to the text of its top, or of its difference. */
char *top_text(const struct snapshot *snapshot, const struct query *query, const char *format);
char *diff_text(const struct snapshot *old, const struct snapshot *new, const struct query *query,
	const char *format);
char *exported(
	const struct snapshot *snapshot, const char *form, const char *moment, enum metric metric);

/* The text is exactly WANT; frees it. */
void assert_text(char *text, const char *want);

#endif
