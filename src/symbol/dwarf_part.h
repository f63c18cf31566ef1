/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A part of a file's debug information that lies in another file: a split unit (.dwo, .dwp) or
 * what several files share (dwz). Its units and entries, read by ourselves.
 */
#ifndef SYMBOL_DWARF_PART_H
#define SYMBOL_DWARF_PART_H

#include "base/strings.h"
#include "symbol/dwarf_entry.h"
#include "symbol/elf.h"

struct part_unit {
	uint64_t start, end; /* with its header, offsets in .debug_info */
	uint64_t first;	     /* its own entry */
	uint64_t abbreviations_at;
	struct form_sizes sizes;
	uint64_t id; /* of a split unit; 0: none */
};

/* The bytes of a section of ELF, valid as long as that; NULL and 0 when it has none. */
struct line_section dwarf_section_bytes(struct elf *elf, const char *name);

/* Zeroed is a part of nothing. */
struct dwarf_part {
	struct entry_sections sections;
	struct abbreviation_tables abbreviations;
	ARRAY(struct part_unit) units; /* by start */
	struct map names;	       /* offset -> string_id; for dwarf_func.c */
};

/* Finds the units in SECTIONS, whose bytes outlive the part. */
void dwarf_part_read(struct dwarf_part *part, const struct entry_sections *sections);
void dwarf_part_free(struct dwarf_part *part);

/* The unit with that id; NULL: none. */
const struct part_unit *dwarf_part_find(struct dwarf_part *part, uint64_t id);
/* What dwarf_walk needs of one of its units. */
struct walk_unit dwarf_part_entries(struct dwarf_part *part, const struct part_unit *unit);
/* Reads the entry at OFFSET of its .debug_info, whichever unit that is in. */
bool dwarf_part_entry(
	struct dwarf_part *part, uint64_t offset, enum entry_wanted wanted, struct entry *entry);

#endif
