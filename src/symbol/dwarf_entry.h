/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked of an entry of debug information (DIE), and a reader of it that needs nothing but
 * bytes. dwarf_die.c answers the same for the main file through libdwarf.
 */
#ifndef SYMBOL_DWARF_ENTRY_H
#define SYMBOL_DWARF_ENTRY_H

#include "symbol/dwarf_range.h"
#include "symbol/dwarf_walk.h"

/* A name: a string, valid as long as its file, or one that lies elsewhere. */
struct entry_text {
	const char *text;
	bool elsewhere;	 /* in the alternate file (dwz), at OFFSET of its .debug_str */
	uint64_t offset; /* TEXT is NULL then */
};

/* Another entry, by its offset in .debug_info: of the same file, or ELSEWHERE in the alternate one.
 */
struct entry_reference {
	enum {
		REFERENCE_NONE,
		REFERENCE_HERE,
		REFERENCE_ELSEWHERE,
		REFERENCE_UNREAD /* there is one, of a form that libdwarf does not know */
	} kind;
	uint64_t offset;
};

/* What of an entry is to be read; the rest of it is then as if it had none. */
enum entry_wanted {
	ENTRY_NAME = 1,	  /* name, linkage_name */
	ENTRY_ORIGIN = 2, /* origin */
	ENTRY_CODE = 4,	  /* extent */
	ENTRY_CALL = 8,	  /* call_file, call_line */
	ENTRY_SPLIT = 16, /* dwo_id */
};

struct entry {
	struct entry_text name, linkage_name;
	struct entry_reference origin; /* abstract_origin, else specification */
	struct extent extent;
	uint32_t call_file, call_line; /* 0: unknown */
	uint64_t dwo_id;	       /* DW_AT_GNU_dwo_id; 0: none */
};

struct entry_sections {
	struct line_section info, abbrev, str, line_str, str_offsets;
};

/* A unit that entries are read of. */
struct entry_unit {
	struct walk_unit walk; /* its info is that of SECTIONS */
	const struct entry_sections *sections;
	uint64_t str_offsets_base; /* where number 0 is */
};

/* Reads the entry at OFFSET of the unit's .debug_info. False when it makes no sense. */
bool dwarf_entry_read(const struct entry_unit *unit, uint64_t offset, enum entry_wanted wanted,
	struct entry *entry);

#endif
