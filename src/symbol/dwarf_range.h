/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of address ranges: DWARF 5, section 2.17.3 and 7.28 (.debug_rnglists); DWARF 4,
 * section 2.17.3 (.debug_ranges). Reads nothing but the bytes it is given; a corrupt list ends
 * where it stops making sense.
 */
#ifndef SYMBOL_DWARF_RANGE_H
#define SYMBOL_DWARF_RANGE_H

#include <stdbool.h>
#include <stdint.h>
#include "symbol/dwarf_line.h"
#include "symbol/intervals.h"

struct range_sections {
	struct line_section ranges, rnglists, addr;
};

/* What lists depend on, of their unit. */
struct range_context {
	const struct range_sections *sections;
	uint16_t version;
	bool wide;			/* 64-bit DWARF */
	uint64_t base;			/* low_pc: what offsets in its lists begin from */
	uint64_t lists_base, addr_base; /* DW_AT_rnglists_base, DW_AT_addr_base */
};

/* Adds the ranges of the list at offset WHERE, or for INDEXED number WHERE of the unit's lists, to
 * INTERVALS under ID. */
void range_list_add(const struct range_context *context, uint64_t where, bool indexed,
	struct intervals *intervals, uint32_t id);

#endif
