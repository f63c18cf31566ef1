/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header of a line table: what dwarf_line.c needs to know before it runs the program behind it.
 * DWARF 5, section 6.2.4.
 */
#ifndef SYMBOL_DWARF_LINE_HEADER_H
#define SYMBOL_DWARF_LINE_HEADER_H

#include <stdbool.h>
#include "symbol/dwarf_line.h"

struct line_header {
	bool wide; /* 64-bit DWARF: offsets of 8 bytes */
	uint8_t min_instruction, line_range, opcode_base;
	int8_t line_base;
	uint8_t operands[256]; /* of each standard opcode */
	struct cursor program;
};

/* The NUL-terminated string at the cursor, which moves behind it; NULL and failed when there is no
 * NUL. */
const char *line_text(struct cursor *cursor);

/* Reads the header at OFFSET: the version, the directories and the files of TABLE, and where the
 * program lies. */
int line_header_read(struct line_table *table, struct line_header *header,
	const struct line_sections *sections, uint64_t offset, struct error *err);

#endif
