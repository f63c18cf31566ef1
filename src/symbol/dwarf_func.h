/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions of a unit, and what was inlined into each.
 */
#ifndef SYMBOL_DWARF_FUNC_H
#define SYMBOL_DWARF_FUNC_H

#include "symbol/dwarf_file.h"

struct inlined {
	uint32_t parent; /* the inlined function around it, or INTERVAL_NONE: the function itself */
	string_id name;
	uint32_t call_file, call_line; /* where it was called, in its parent */
};

struct dwarf_function {
	uint64_t die; /* its entry's offset, in the file where the unit's functions are */
	bool read;    /* the rest */
	string_id name;
	ARRAY(struct inlined) inlined;
	struct intervals inlined_at;
};

/* Finds all functions of UNIT that have code; once. */
void dwarf_unit_functions(struct dwarf_file *file, struct dwarf_unit *unit);
/* The function at ADDRESS with its inlined ones, or NULL. */
struct dwarf_function *dwarf_function_at(
	struct dwarf_file *file, struct dwarf_unit *unit, uint64_t address);
void dwarf_unit_functions_free(struct dwarf_unit *unit);

#endif
