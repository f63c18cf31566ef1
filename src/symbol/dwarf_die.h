/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of debug information (DIEs) through libdwarf, without its three-valued results and its
 * many kinds of memory: a thing is there or it is not. An error of libdwarf's counts as "not
 * there". DIEs of the caller's are given to die_free.
 */
#ifndef SYMBOL_DWARF_DIE_H
#define SYMBOL_DWARF_DIE_H

#include <stdbool.h>
#include <stdint.h>
#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>
#include "symbol/dwarf_entry.h"

/* True if RESULT is DW_DLV_OK; releases *error if there is one. A pointer, as the call that sets it
 * may be another argument. */
bool die_ok(Dwarf_Debug debug, int result, Dwarf_Error *error);

void die_free(Dwarf_Die die);

Dwarf_Half die_tag(Dwarf_Debug debug, Dwarf_Die die); /* 0 unknown */
Dwarf_Off die_offset(Dwarf_Debug debug, Dwarf_Die die);

bool die_has(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half attribute);
/* A string; of nothing when it has none. */
struct entry_text die_text(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half attribute);
/* A constant or an offset into a section; false when there is none. */
bool die_number(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half attribute, uint64_t *value);

/* Reads the entry at OFFSET of .debug_info; false when there is none. */
bool die_entry(Dwarf_Debug debug, Dwarf_Off offset, enum entry_wanted wanted, struct entry *entry);
/* Where the code of DIE is. */
struct extent die_extent(Dwarf_Debug debug, Dwarf_Die die);

#endif
