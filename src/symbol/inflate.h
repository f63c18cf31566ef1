/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two compressions of ELF sections: RFC 1950 (zlib) and RFC 8878 (zstd).
 */
#ifndef SYMBOL_INFLATE_H
#define SYMBOL_INFLATE_H

#include "symbol/elf.h"

/* Inflates SECTION's stored bytes to the section->size bytes at TO; false unless they are just that
 * many. */
bool inflate_zlib(const struct elf *elf, const struct elf_section *section, uint8_t *to);
bool inflate_zstd(const struct elf *elf, const struct elf_section *section, uint8_t *to);

#endif
