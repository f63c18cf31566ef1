/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Columns of the table for people: what each is called and what it says about a row. A new column
 * is one row in column.c.
 */
#ifndef REPORT_COLUMN_H
#define REPORT_COLUMN_H

#include <stdbool.h>
#include "base/out.h"
#include "report/table.h"

enum column_kind {
	COLUMN_NUMBER,	 /* to the right, never cut */
	COLUMN_WORD,	 /* to the left, never cut */
	COLUMN_FUNCTION, /* to the left, cut at its end; left out when all its cells are empty */
	COLUMN_PLACE,	 /* to the left, cut at its beginning */
};

struct column {
	const char *title;
	enum column_kind kind;
	bool of_top, of_diff, of_leaks; /* of_leaks: also where the table is of leaks */
	bool of_estimates;		/* only where the numbers are estimates */
	/* Writes the cell's text, any bytes. */
	void (*cell)(const struct table *table, const struct row *row, struct out *out);
	enum sort_by sort; /* not SORT_SIZE: only where rows are sorted by that */
};

/* In the order that they are shown; one without a title ends them. */
extern const struct column columns[];

#endif
