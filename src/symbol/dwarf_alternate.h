/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The alternate file of a file with debug information: what dwz found in several files and moved to
 * one. GNU extension (.gnu_debugaltlink), and DWARF 5, section 7.3.6 (.debug_sup).
 */
#ifndef SYMBOL_DWARF_ALTERNATE_H
#define SYMBOL_DWARF_ALTERNATE_H

#include "symbol/companion.h"
#include "symbol/dwarf_part.h"

struct dwarf_alternate {
	const struct companion_search *search;
	struct elf *of; /* the file that has the link */
	bool tried;
	struct elf *elf;
	struct dwarf_part part;
	struct error why; /* it was needed and is not there; "" if not */
};

/* The part, opened at the first call; NULL when it is not to be had. */
struct dwarf_part *dwarf_alternate_part(struct dwarf_alternate *alternate);
/* What TEXT says, wherever it lies; NULL: nothing. */
const char *dwarf_alternate_text(struct dwarf_alternate *alternate, const struct entry_text *text);
void dwarf_alternate_free(struct dwarf_alternate *alternate);

#endif
