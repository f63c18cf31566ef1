/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DWARF expressions of unwind information, brought down to what a row can say: a constant, a
 * register plus an offset, or the word that lies there.
 */
#ifndef SHIM_CFI_EXPRESSION_H
#define SHIM_CFI_EXPRESSION_H

#include "shim/cfi_cursor.h"

enum cfi_base { CFI_BASE_NONE, CFI_BASE_RSP, CFI_BASE_RBP, CFI_BASE_CFA };

struct cfi_value {
	enum cfi_base base;
	bool deref; /* the word at base + offset */
	int64_t offset;
};

/* VALUE of the block at EXPRESSION (its length first; it has been read over, so all of it is
 * there), for the instruction at PC. WITH_CFA: it begins with the CFA pushed, as rules of registers
 * do. False: it is something else. */
bool cfi_reduce(const uint8_t *expression, uintptr_t pc, bool with_cfa, struct cfi_value *value);

/* The registers that are known, by their numbers in DWARF. */
struct cfi_registers {
	uint64_t value[16];
	uint32_t known; /* a bit for each */
	/* The word at ADDRESS; false: it must not be read. */
	bool (*load)(const struct cfi_registers *registers, uint64_t address, uint64_t *word);
};

/* The same with all registers at hand: VALUE is a number. CFA: pushed first, or NULL. */
bool cfi_evaluate(const uint8_t *expression, uintptr_t pc, const struct cfi_registers *registers,
	const uint64_t *cfa, uint64_t *value);

#endif
