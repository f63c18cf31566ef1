/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source file with the bytes of its lines beside it. Its numbers are those of a table by line; which lines are shown, and what
 * stands on them, is found here, for the printers to agree.
 */
#ifndef REPORT_ANNOTATION_H
#define REPORT_ANNOTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/memory.h"
#include "report/source.h"
#include "report/table.h"

struct annotated_line {
	uint32_t lineno;      /* 0: of blocks whose line is not known */
	bool has_blocks;      /* false: a line for its text alone */
	int64_t size, count;
	struct name function; /* NULL: not known, or several */
	struct name text;     /* as it is, without its end; NULL: there is none to be had */
};

struct annotation {
	const struct table *table; /* by lineno, of one snapshot; the caller's, and all rows of it */
	struct name filename;	   /* as in the snapshot; the caller's */
	struct sources *sources;
	uint32_t n_lines;	   /* of the file; 0: it cannot be read */
	bool readable, newer;	   /* newer: written to after the program began */
	bool all;		   /* show each line, else those with blocks and CONTEXT lines around them */
	uint32_t context;
	ARRAY(struct annotated_line) lines; /* those with blocks, ascending, without their texts */
	int64_t size, count;		    /* their sum; of no meaning where the table is cumulative */
};

/* Takes the rows of FILENAME out of the table, and looks at the file. ALL and CONTEXT are the caller's to set. */
void annotation_make(struct annotation *annotation, const struct table *table, struct name filename);
void annotation_release(struct annotation *annotation);

/* Steps through the lines that are to be shown. */
struct annotation_walk {
	uint64_t lineno; /* from here on; private, as is what follows */
	size_t next;
	bool begun;
	bool gap; /* lines were left out before this one, and others shown before them */
};
bool annotation_next(const struct annotation *annotation, struct annotation_walk *walk, struct annotated_line *line);

/*
 * The name of the file that TEXT means among those that SNAPSHOT has lines of: itself, the file that it leads to from here, or
 * the one that ends with its components ("src/a.c" is "/build/src/a.c"). An error tells that there is none, or several.
 */
int annotation_find(const struct snapshot *snapshot, const char *text, string_id *filename, struct error *err);

#endif
