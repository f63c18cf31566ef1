/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One unit's line table, decoded from .debug_line: DWARF 5, section 6.2 (and the same section of
 * DWARF 2 to 4 for older headers). Reads nothing but the bytes it is given; corrupt ones give an
 * error or fewer rows.
 */
#ifndef SYMBOL_DWARF_LINE_H
#define SYMBOL_DWARF_LINE_H

#include <stdint.h>
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"

/* The bytes of the sections that a line table refers to; NULL and 0 where there is none. They
 * outlive the table. */
struct line_sections {
	struct line_section {
		const uint8_t *data;
		size_t size;
	} line, line_str, str;
};

/* The string at OFFSET of SECTION; NULL: there is none. */
const char *line_section_text(const struct line_section *section, uint64_t offset);

struct line_row {
	uint32_t offset; /* from its sequence's low */
	uint32_t file, line;
};

/* A run of rows with ascending addresses. */
struct line_sequence {
	uint64_t low, high;
	size_t first_row, n_rows;
};

struct line_file {
	const char *name; /* NULL: in a form that is not read */
	uint64_t directory;
};

struct line_table {
	uint16_t version;
	ARRAY(struct line_row) rows;
	ARRAY(struct line_sequence) sequences; /* by high */
	ARRAY(const char *) directories;
	ARRAY(struct line_file) files; /* from index 0, in all versions */
};

/* Decodes the table at OFFSET of .debug_line. */
int line_table_read(struct line_table *table, const struct line_sections *sections, uint64_t offset,
	struct error *err);
void line_table_free(struct line_table *table);

/* The file and line of ADDRESS: the last row at or before it. 0, or -1 when the table does not know
 * it. */
int line_table_find(
	const struct line_table *table, uint64_t address, uint32_t *file, uint32_t *line);

/* The name of file number FILE with its directory, and COMP_DIR (may be NULL) before a relative
 * one; joined with '/', not normalized. A new string, or NULL. */
char *line_table_file(const struct line_table *table, uint32_t file, const char *comp_dir);

#endif
