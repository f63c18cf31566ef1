/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of a module as it was when the program mapped it; any other file at its path is refused.
 */
#ifndef SYMBOL_MAPPED_H
#define SYMBOL_MAPPED_H

#include "base/error.h"
#include "symbol/elf.h"
#include "symbol/symbolizer.h"

/* NULL and a sentence about why not: gone, unreadable, of another build. */
struct elf *mapped_open(const struct symbol_module *module, struct error *err);

#endif
