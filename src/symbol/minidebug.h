/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MiniDebugInfo: the GDB manual, "Debugging information in a special section". The section
 * .gnu_debugdata is an ELF file of its own, compressed by xz, with the symbols that are not in
 * .dynsym; Fedora and its kin ship every program so.
 */
#ifndef SYMBOL_MINIDEBUG_H
#define SYMBOL_MINIDEBUG_H

#include "symbol/elf.h"

/* The file in ELF's section, for elf_close; NULL when there is none, or none that can be read. */
struct elf *minidebug_open(const struct elf *elf);

#endif
