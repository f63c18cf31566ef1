/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The debug information of one file: addresses to chains of (function, file, line).
 */
#ifndef SYMBOL_DWARF_FILE_H
#define SYMBOL_DWARF_FILE_H

#include <stdbool.h>
#include "base/error.h"
#include "base/map.h"
#include "base/strings.h"
#include "symbol/dwarf_alternate.h"
#include "symbol/dwarf_die.h"
#include "symbol/dwarf_split.h"
#include "symbol/intervals.h"

/* One level of a chain; 0 is unknown. Names are as the file has them, not demangled. */
struct level {
	string_id filename, function;
	uint32_t lineno;
};

struct dwarf_function; /* dwarf_func.h */

struct dwarf_unit {
	Dwarf_Off die;
	uint64_t start, end;	   /* with its header, offsets in .debug_info */
	uint64_t abbreviations_at; /* offset in .debug_abbrev */
	struct range_context ranges;
	uint64_t lines_at; /* offset in .debug_line, if has_lines */
	bool has_lines, lines_read, functions_read;
	struct split_link link;	  /* to its other half, if it has one */
	struct split_unit *split; /* that, once functions_read; NULL: not found */
	struct line_table lines;
	string_id *filenames; /* of lines.files; UINT32_MAX until first used */
	ARRAY(struct dwarf_function) functions;
	struct intervals function_at; /* index into functions */
};

struct dwarf_file {
	struct elf *elf;
	struct strings *strings; /* the names; not owned */
	Dwarf_Obj_Access_Interface access;
	Dwarf_Debug debug;
	struct line_sections sections;
	struct range_sections range_sections;
	struct line_section info, abbrev;
	struct abbreviation_tables abbreviations;
	struct dwarf_splits splits;
	struct dwarf_alternate alternate;
	struct dwarf_part part; /* dwarf_file_part */
	ARRAY(struct dwarf_unit) units;
	struct intervals unit_at;
	struct map names; /* DIE offset -> string_id */
	struct error lack;
	bool corrupt; /* some unit's header, line table or entries; seen during look-ups too */
};

/* For a process that ends after its work: libdwarf keeps no record of its objects, which saves a
 * fifth of the time and leaks what it loses sight of itself when it meets errors. Before the first
 * file is opened. */
void dwarf_file_forgo_cleanup(void);

/* Opens the debug information in ELF, which must outlive it and stays the caller's; what of it lies
 * in other files is found by SEARCH, which outlives it too. Names go to STRINGS. NULL and an error
 * when there is none or libdwarf refuses it. */
struct dwarf_file *dwarf_file_open(struct elf *elf, const struct companion_search *search,
	struct strings *strings, struct error *err);
void dwarf_file_close(struct dwarf_file *file); /* NULL is nothing */

/* The chain of ADDRESS (a place inside of an instruction, no return address), innermost first, at
 * most MAX levels of it; all but the last are inlined. 0: this file knows nothing of it. A level of
 * only file and line is possible. */
size_t dwarf_file_lookup(
	struct dwarf_file *file, uint64_t address, struct level *levels, size_t max);

/* What cannot be read of it, as far as look-ups have met it: a sentence, valid until the next call;
 * NULL: nothing is amiss. */
const char *dwarf_file_lack(struct dwarf_file *file);

/* For the other files of this noun: the file itself as a part, for the few forms that libdwarf does
 * not know. */
struct dwarf_part *dwarf_file_part(struct dwarf_file *file);
/* What dwarf_walk needs of UNIT in this file, whose abbreviations
 * are read first. */
struct walk_unit dwarf_unit_entries(struct dwarf_file *file, const struct dwarf_unit *unit);

#endif
