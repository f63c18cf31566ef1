/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A package of split units (.dwp): DWARF 5, section 7.3.5 (index version 5), and the GNU extension
 * of DWARF 4 before it (version 2).
 */
#ifndef SYMBOL_DWARF_PACKAGE_H
#define SYMBOL_DWARF_PACKAGE_H

#include "symbol/dwarf_part.h"

/* The bytes of a split unit, wherever they are. */
struct split_sections {
	struct entry_sections entries;
	struct line_section rnglists;
};

/* Those of a .dwo file; valid as long as ELF. */
struct split_sections split_sections_of(struct elf *elf);

struct dwarf_package; /* opaque */

/* ELF stays the caller's and must outlive it. NULL and an error when it is no package. */
struct dwarf_package *dwarf_package_open(struct elf *elf, struct error *err);
void dwarf_package_close(struct dwarf_package *package); /* NULL is nothing */

/* What the package has of the unit with that id, cut out of its sections; false: nothing. */
bool dwarf_package_find(
	const struct dwarf_package *package, uint64_t id, struct split_sections *sections);

#endif
