/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The procedure linkage table: code by which functions of other files, and IFUNCs, are called. Facts:
 * the x86-64 psABI, "Procedure Linkage Table", and what GNU ld, lld and mold make of it.
 */
#ifndef SYMBOL_PLT_H
#define SYMBOL_PLT_H

#include "symbol/symtab.h"

/* Fills symtab->plt, sorted by address; the entries of SYMTAB are there already. */
void plt_read(struct symtab *symtab, struct elf *elf);

#endif
