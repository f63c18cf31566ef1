/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a format must know: how to write a table, a source file with its bytes, and a call tree. Nothing here mentions a file or an address. A new
 * format is one file and one row in printer.c.
 */
#ifndef REPORT_PRINTER_H
#define REPORT_PRINTER_H

#include "base/out.h"
#include "report/annotation.h"
#include "report/table.h"
#include "report/tree.h"

struct printer {
	const char *name;    /* --format NAME */
	const char *summary; /* its line in help */
	void (*table)(const struct table *table, struct out *out);
	void (*annotation)(const struct annotation *annotation, struct out *out);
	void (*tree)(const struct tree *tree, struct out *out);
};

#define PRINTER_NAMES "text|table|json|csv"

/* Each in a file of its name. */
void annotation_text(const struct annotation *annotation, struct out *out);
void annotation_table(const struct annotation *annotation, struct out *out);
void annotation_json(const struct annotation *annotation, struct out *out);
void annotation_csv(const struct annotation *annotation, struct out *out);
void tree_text(const struct tree *tree, struct out *out);
void tree_table(const struct tree *tree, struct out *out);
void tree_json(const struct tree *tree, struct out *out);
void tree_csv(const struct tree *tree, struct out *out);

/* "a.snap at peak". */
void side_write(const struct side *side, struct out *out);
/* "72 bytes in 1 blocks are definitely lost", as memcheck says it, without an end of the line. */
void leak_head_write(const struct table *table, const struct row *row, struct out *out);

extern const struct printer print_text, print_table, print_json, print_csv;

/* NULL for a name that is no format's. */
const struct printer *printer_find(const char *name);

#endif
