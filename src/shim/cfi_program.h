/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The programs of an FDE and its CIE: where the registers that a callee keeps, rsp and the return
 * address lie at each instruction of a function.
 */
#ifndef SHIM_CFI_PROGRAM_H
#define SHIM_CFI_PROGRAM_H

#include "shim/cfi_cursor.h"

enum {
	CFI_REGISTER_RBX = 3,
	CFI_REGISTER_RBP = 6,
	CFI_REGISTER_RSP = 7,
	CFI_REGISTER_R12 = 12,
	CFI_REGISTER_R15 = 15,
	CFI_REGISTER_RA = 16
};

/* The rules that are followed, by register. */
enum cfi_place {
	CFI_PLACE_RBX,
	CFI_PLACE_RBP,
	CFI_PLACE_RSP,
	CFI_PLACE_R12,
	CFI_PLACE_R15 = CFI_PLACE_R12 + 3,
	CFI_PLACE_RA,
	CFI_PLACES
};

enum cfi_rule_kind {
	CFI_RULE_SAME,
	CFI_RULE_AT_CFA,
	CFI_RULE_EXPRESSION,
	CFI_RULE_UNDEFINED,
	CFI_RULE_OTHER
};

struct cfi_rule {
	enum cfi_rule_kind kind;
	int32_t offset;
	const uint8_t *expression; /* its length stands before it */
};

struct cfi_state {
	struct cfi_rule rules[CFI_PLACES];
	uint64_t cfa_register;
	int64_t cfa_offset;
	const uint8_t *cfa_expression;
};

/* One function's information. */
struct cfi_function {
	struct cursor first, rest; /* the programs of the CIE and the FDE */
	uintptr_t start, end;
	uint64_t code_factor;
	int64_t data_factor;
	uint8_t encoding;
	bool augmented, signal;
};

/* STATE at PC of FUNCTION. False: its programs cannot be read, or are of no common form. */
bool cfi_run(const struct cfi_function *function, struct cfi_state *state, uintptr_t pc);

#endif
