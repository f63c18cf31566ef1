/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Split units: a skeleton in the main file, and its functions in a .dwo file or a package of them.
 * DWARF 5, section 3.1.2, and the GNU extension of DWARF 4.
 */
#ifndef SYMBOL_DWARF_SPLIT_H
#define SYMBOL_DWARF_SPLIT_H

#include "symbol/companion.h"
#include "symbol/dwarf_package.h"
#include "symbol/dwarf_part.h"

/* What a unit says of its other half. */
struct split_link {
	const char *name;     /* of the .dwo file; NULL: it is no split unit */
	const char *comp_dir; /* or NULL */
	uint64_t id;
	uint64_t ranges_base; /* DW_AT_GNU_ranges_base */
};

/* That other half. */
struct split_unit {
	struct dwarf_part *part;
	const struct part_unit *unit;
	struct range_sections range_sections;
	struct range_context ranges; /* of entries in PART; points to range_sections */
	struct dwarf_part own;	     /* PART, if it came from a package */
};

struct dwarf_splits {
	const struct companion_search *search;
	struct elf *of;			  /* the main file */
	struct strings *paths;		  /* NULL: none was tried yet */
	ARRAY(struct split_file *) files; /* by the path's id - 1; NULL: it cannot be opened */
	uint64_t mapped;		  /* bytes of all files */
	struct elf *package_elf;
	struct dwarf_package *package;
	bool package_tried;
	size_t n_wanted, n_missing; /* units looked for; those of them that were not found */
	struct error why;	    /* of the first that was not found */
};

/* Finds the other half of the unit with LINK, whose skeleton has the context RANGES; a new one, to
 * be given to split_unit_free. NULL: there is none, which is counted. */
struct split_unit *dwarf_splits_find(struct dwarf_splits *splits, const struct split_link *link,
	const struct range_context *ranges);
void split_unit_free(struct split_unit *unit); /* NULL is nothing */
void dwarf_splits_free(struct dwarf_splits *splits);

#endif
