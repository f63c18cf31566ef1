/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of a snapshot as columns: one description that the writer and the reader of the file
 * both walk, so that they cannot disagree. A new column is one row here, one in
 * memtrace-snapshot(5).
 */
#ifndef MODEL_SNAPSHOT_COLUMNS_H
#define MODEL_SNAPSHOT_COLUMNS_H

#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "memtrace/format.h"
#include "model/snapshot.h"

struct column {
	size_t offset; /* of the value in its row's struct */
	uint8_t size;  /* bytes of it: 1 (a bool), 4 or 8 */
	uint8_t how;   /* enum format_column */
};

struct table {
	enum format_section section;
	const char *name; /* for errors: "traces" */
	size_t array; /* offset in struct snapshot of its ARRAY, or of its one struct, or of counts
		       */
	size_t row_size;
	const struct column *columns;
	size_t n_columns;
};

/* Whether a file may be without the table: it then says nothing. */
static inline bool table_is_optional(const struct table *table)
{
	return table->section > FORMAT_COUNTS;
}
/* Whether it is more columns of a table that stands before it. */
static inline bool table_extends(const struct table *table)
{
	return table->section == FORMAT_ORIGINS || table->section == FORMAT_STARTS;
}

/* Every section that a file can have but the strings, in the order that they are written in. */
extern const struct table snapshot_tables[];
extern const size_t snapshot_n_tables;

void table_encode(
	const struct table *table, const struct snapshot *snapshot, struct buffer *buffer);
/* Fills the table, whose array must be empty, from all of CURSOR; -1 when it does not hold what it
 * claims. The counts need the moments and the traces to be there already. */
int table_decode(const struct table *table, struct snapshot *snapshot, struct cursor *cursor);

#endif
