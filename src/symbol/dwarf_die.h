/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of debug information (DIEs) through libdwarf, without its three-valued results and its
 * many kinds of memory: a thing is there or it is not. An error of libdwarf's counts as "not
 * there". Every DIE handed out is to be given to die_free.
 */
#ifndef SYMBOL_DWARF_DIE_H
#define SYMBOL_DWARF_DIE_H

#include <stdbool.h>
#include <stdint.h>
#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>
#include "symbol/dwarf_range.h"

/* True if RESULT is DW_DLV_OK; releases *error if there is one. A pointer, as the call that sets it
 * may be another argument. */
bool die_ok(Dwarf_Debug debug, int result, Dwarf_Error *error);

/* The entry at an offset of .debug_info. */
bool die_at(Dwarf_Debug debug, Dwarf_Off offset, Dwarf_Die *die);
void die_free(Dwarf_Die die);

Dwarf_Half die_tag(Dwarf_Debug debug, Dwarf_Die die); /* 0 unknown */
Dwarf_Off die_offset(Dwarf_Debug debug, Dwarf_Die die);

bool die_has(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half attribute);
/* Valid as long as the file; NULL when it has none, or it lies in an alternate file (dwz). */
const char *die_text(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half attribute);
/* A constant or an offset into a section; false when there is none. */
bool die_number(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half attribute, uint64_t *value);

enum die_reference { REFERENCE_NONE, REFERENCE_HERE, REFERENCE_ELSEWHERE };
/* The offset in .debug_info that an attribute refers to; ELSEWHERE: it is in another file. */
enum die_reference die_reference(
	Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half attribute, Dwarf_Off *offset);

/* Adds the addresses of DIE, from low_pc and high_pc or else from ranges, to INTERVALS under ID. */
void die_ranges(Dwarf_Debug debug, const struct range_context *context, Dwarf_Die die,
	struct intervals *intervals, uint32_t id);

#endif
