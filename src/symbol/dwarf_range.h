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
	bool wide;     /* 64-bit DWARF */
	uint64_t base; /* low_pc: what offsets in its lists begin from */
	/* DW_AT_rnglists_base, or what split units of DWARF 4 add to offsets; DW_AT_addr_base */
	uint64_t lists_base, addr_base;
};

/* Where the code of an entry is, in the words of its attributes: low_pc and high_pc, or ranges. */
struct extent {
	enum extent_kind { EXTENT_NONE, EXTENT_PAIR, EXTENT_LIST } kind;
	uint64_t low, high;
	bool low_indexed, high_indexed; /* these are numbers into .debug_addr */
	bool high_is_length;
	uint64_t list; /* as WHERE and INDEXED below */
	bool list_indexed;
};

/* Adds the addresses of EXTENT to INTERVALS under ID. */
void extent_add(const struct range_context *context, const struct extent *extent,
	struct intervals *intervals, uint32_t id);

/* Adds the ranges of the list at offset WHERE, or for INDEXED number WHERE of the unit's lists, to
 * INTERVALS under ID. */
void range_list_add(const struct range_context *context, uint64_t where, bool indexed,
	struct intervals *intervals, uint32_t id);

/* Adds the ranges that a .debug_aranges (DWARF 5, section 6.1.2) has of the unit at offset UNIT of
 * .debug_info: for units of DWARF 2, whose entry can tell of one range only. */
void aranges_add(const struct line_section *aranges, uint64_t unit, struct intervals *intervals,
	uint32_t id);

#endif
