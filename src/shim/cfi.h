/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a module's unwind information (.eh_frame) says about one pc, as far as a walk of three
 * registers needs it: where the caller's frame begins (CFA) and where the caller's rbp lies. The
 * return address lies at CFA - 8, and the caller's rsp is the CFA. A row is 32 bits:
 *
 *	bits 0-2 enum cfi_kind   3-4 enum cfi_rbp   5-11 offset of rbp / 8   12-31 offset of CFA / 8
 *
 * The offsets are signed. In a frame that a signal interrupted, rbp may lie up to 128 bytes below
 * rsp: an epilogue that has popped it does not say so, and the red zone still holds it.
 */
#ifndef SHIM_CFI_H
#define SHIM_CFI_H

#include <stdbool.h>
#include <stdint.h>

enum cfi_kind {
	CFI_NONE,    /* no row */
	CFI_UNKNOWN, /* three registers are not enough, or the information is damaged or of a form
			not read here */
	CFI_END,     /* nobody called it */
	CFI_RSP,     /* CFA = rsp + offset */
	CFI_RBP,     /* CFA = rbp + offset */
	CFI_AT_RBP,  /* CFA = *(rbp + offset): functions that align their stack */
	CFI_SIGNAL,  /* rsp is at the struct ucontext of a signal; its pc is not a return address */
	CFI_FRAME,   /* nothing is said about it: if rbp is a frame pointer, CFA = rbp + 16 */
};

enum cfi_rbp {
	CFI_RBP_KEPT,
	CFI_RBP_AT_CFA, /* *(CFA + offset) */
	CFI_RBP_AT_RBP, /* *(rbp + offset) */
};

static inline enum cfi_kind cfi_kind(uint32_t row)
{
	return row & 7;
}

static inline enum cfi_rbp cfi_rbp(uint32_t row)
{
	return row >> 3 & 3;
}

/* CFA by rsp or rbp, rbp kept or saved at the CFA. The offset of an rbp that is kept is 0. */
static inline bool cfi_is_common(uint32_t row)
{
	return (1u << (row & 31)) & (1u << CFI_RSP | 1u << CFI_RBP | 1u << (CFI_RSP | 8) |
				      1u << (CFI_RBP | 8));
}

static inline int64_t cfi_offset(uint32_t row)
{
	return (int64_t)((int32_t)row >> 12) * 8;
}

static inline int64_t cfi_rbp_offset(uint32_t row)
{
	return (int64_t)((int32_t)(row << 20) >> 25) * 8;
}

static inline uint32_t cfi_pack(
	enum cfi_kind kind, int64_t offset, enum cfi_rbp rbp, int64_t rbp_offset)
{
	return (uint32_t)kind | (uint32_t)rbp << 3 | ((uint32_t)(rbp_offset / 8) & 127) << 5 |
	       (uint32_t)(offset / 8) << 12;
}

/* The row of code that nothing is said about, also of what lies in no module (the output of a
 * compiler in the program). It has the offsets of code that keeps a frame pointer, but only the
 * stack can tell: rbp is to be believed if it is a multiple of 8, rbp >= rsp, rbp + 16 is within
 * the stack, and either the word at rbp is again such an address, and higher, or the one above it,
 * the return address, lies in a module: code called from one may have saved any rbp. */
static inline uint32_t cfi_frame_row(void)
{
	return cfi_pack(CFI_FRAME, 16, CFI_RBP_AT_CFA, -16);
}

/* Of a module: the mapped bytes [start, end) that its .eh_frame_hdr lies in, with all its unwind
 * information; and the end of those that the pc lies in, NULL where they must not be read. The two
 * are one range but in an executable that has gaps between its segments: there _dl_find_object
 * gives the segment of the address that it is asked about, so that of the header must be asked for
 * too. */
struct cfi_module {
	const uint8_t *start, *end, *header, *code_end;
};

/* What stands behind a row: CFI_NONE and the STATE of the instruction at PC, and whether it is a
 * signal's; CFI_FRAME: nothing is said about it; CFI_UNKNOWN: it cannot be read. */
struct cfi_state;
enum cfi_kind cfi_look(
	const struct cfi_module *module, uintptr_t pc, struct cfi_state *state, bool *signal);

/* The row of the instruction at PC. Reads nothing outside of MODULE. */
uint32_t cfi_row(const struct cfi_module *module, uintptr_t pc);

#endif
