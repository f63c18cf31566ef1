/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A struct elf as an object for dwarf_object_init_b: libdwarf.h, "struct
 * Dwarf_Obj_Access_Methods_s".
 */
#ifndef SYMBOL_DWARF_OBJECT_H
#define SYMBOL_DWARF_OBJECT_H

#include <libdwarf/libdwarf.h>

/* Its object is a struct elf *, which outlives the Dwarf_Debug. */
extern const Dwarf_Obj_Access_Methods dwarf_object_methods;

#endif
