/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Steps over the entries (DIEs) of a unit in the order of the file. DWARF 5, section 2.3.
 */
#ifndef SYMBOL_DWARF_WALK_H
#define SYMBOL_DWARF_WALK_H

#include "symbol/dwarf_abbrev.h"
#include "symbol/dwarf_line.h"

#define WALK_DEPTH_MAX 256 /* what lies deeper is passed over */

struct walk_unit {
	const struct line_section *info; /* .debug_info */
	uint64_t start, end;		 /* of the unit with its header, offsets in it */
	struct form_sizes sizes;
	const struct abbreviations *abbreviations;
};

struct walk_entry {
	uint64_t offset;
	uint16_t tag;
	bool has_code;	/* it has addresses: low_pc or ranges */
	unsigned depth; /* 1 for a child of where the walk began; at most WALK_DEPTH_MAX */
};

enum walk_next { WALK_IN, WALK_PAST };

/* Calls VISIT for each entry below the one at OFFSET; of one that it answers with WALK_PAST the
 * children are passed over. Ends where the bytes stop making sense, and is false then. */
typedef enum walk_next walk_visit(void *data, const struct walk_entry *entry);
bool dwarf_walk(const struct walk_unit *unit, uint64_t offset, walk_visit *visit, void *data);

/* What the entry at OFFSET is made of, and FIELDS at the first of its values. NULL: there is none.
 */
const struct abbreviation *dwarf_walk_entry(
	const struct walk_unit *unit, uint64_t offset, struct cursor *fields);

#endif
