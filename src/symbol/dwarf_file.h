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
#include "symbol/dwarf_die.h"
#include "symbol/dwarf_line.h"
#include "symbol/dwarf_walk.h"
#include "symbol/elf.h"
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
	uint64_t lines_at;    /* offset in .debug_line, if has_lines */
	const char *comp_dir; /* or NULL */
	bool has_lines, lines_read, functions_read;
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
	ARRAY(struct abbreviations *) abbreviations; /* those that were read */
	struct map abbreviations_of; /* offset in .debug_abbrev -> index; units may share them */
	ARRAY(struct dwarf_unit) units;
	struct intervals unit_at;
	struct map names; /* DIE offset -> string_id */
	/* What was met and is not read; grows during look-ups. */
	bool split;	/* units whose functions are in .dwo files */
	bool alternate; /* names that are in another file (dwz) */
	bool corrupt;	/* some unit's header or line table */
};

/* For a process that ends after its work: libdwarf keeps no record of its objects, which saves a
 * fifth of the time and leaks what it loses sight of itself when it meets errors. Before the first
 * file is opened. */
void dwarf_file_forgo_cleanup(void);

/* Opens the debug information in ELF, which must outlive it and stays the caller's; names go to
 * STRINGS. NULL and an error when there is none or libdwarf refuses it. */
struct dwarf_file *dwarf_file_open(struct elf *elf, struct strings *strings, struct error *err);
void dwarf_file_close(struct dwarf_file *file); /* NULL is nothing */

/* The chain of ADDRESS (a place inside of an instruction, no return address), innermost first, at
 * most MAX levels of it; all but the last are inlined. 0: this file knows nothing of it. A level of
 * only file and line is possible. */
size_t dwarf_file_lookup(
	struct dwarf_file *file, uint64_t address, struct level *levels, size_t max);

/* For the other files of this noun: what dwarf_walk needs of UNIT, whose abbreviations are read
 * first. */
struct walk_unit dwarf_unit_entries(struct dwarf_file *file, const struct dwarf_unit *unit);

#endif
