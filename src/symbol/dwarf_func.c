/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions and inlining, in two steps, since a unit has thousands of functions and a profile asks
 * for a few of them.
 *
 * Step one walks a unit for subprograms that have code. They may be anywhere: in namespaces,
 * classes, blocks, and also in abstract subprograms, where lambdas and local classes live (without
 * those one chain in 200 is wrong). Attributes are the expensive part of libdwarf, and entries with
 * the same abbreviation have the same ones: one byte per abbreviation remembers whether it has
 * addresses, which saves 15 of 16 reads.
 *
 * Step two, for a function that is asked for, makes one tree of what was inlined into it:
 *
 *      inlined[]     0: parent none     1: parent 0     2: parent none ...
 *      inlined_at    disjoint ranges -> index of the innermost one there
 *
 * so an address costs two binary searches and a walk up.
 *
 * A name is the linkage name, found along abstract_origin and specification, else the plain one;
 * remembered by entry, as one small function is inlined in hundreds of places. Depth and length of
 * every walk are bounded: the entries may be anything.
 */
#include <stdlib.h>
#include "symbol/dwarf_func.h"

#define DEPTH_MAX 256 /* nesting of entries */
#define NAME_STEPS 16 /* from an entry to the one that has the name */
#define CODES_MAX 65536

/* ---- names ---- */

/* Where the rest of what is known about DIE is; 0: nowhere. */
static Dwarf_Off origin_of(struct dwarf_file *file, Dwarf_Die die)
{
	static const Dwarf_Half attributes[] = {DW_AT_abstract_origin, DW_AT_specification};

	for (size_t i = 0; i < 2; i++) {
		Dwarf_Off offset = 0;

		switch (die_reference(file->debug, die, attributes[i], &offset)) {
		case REFERENCE_HERE:
			return offset;
		case REFERENCE_ELSEWHERE:
			file->alternate = true;
			return 0;
		case REFERENCE_NONE:
			break;
		}
	}
	return 0;
}

static string_id read_name(struct dwarf_file *file, Dwarf_Off offset)
{
	const char *plain = NULL, *linkage = NULL;

	for (int step = 0; step < NAME_STEPS && offset && !linkage; step++) {
		Dwarf_Die die;

		if (!die_at(file->debug, offset, &die))
			break;
		linkage = die_text(file->debug, die, DW_AT_linkage_name);
		if (!linkage)
			linkage = die_text(file->debug, die, DW_AT_MIPS_linkage_name);
		if (!linkage && !plain)
			plain = die_text(file->debug, die, DW_AT_name);
		offset = linkage ? 0 : origin_of(file, die);
		die_free(die);
	}
	if (!linkage)
		linkage = plain;
	return linkage ? strings_add(file->strings, linkage) : 0;
}

static string_id name_of(struct dwarf_file *file, Dwarf_Off offset)
{
	uint64_t key = offset;
	uint64_t *known = map_find(&file->names, &key);
	string_id name;

	if (known)
		return *known;
	name = read_name(file, offset);
	map_add(&file->names, &key, name, NULL);
	return name;
}

/* ---- step one ---- */

struct walk {
	struct dwarf_file *file;
	struct dwarf_unit *unit;
	uint8_t *has_code; /* by abbreviation code: 0 unknown, 1 no, 2 yes */
};

static bool has_code(struct walk *walk, Dwarf_Die die)
{
	int code = dwarf_die_abbrev_code(die);
	bool has;

	if (code >= 0 && code < CODES_MAX && walk->has_code[code])
		return walk->has_code[code] == 2;
	has = die_has(walk->file->debug, die, DW_AT_low_pc) ||
	      die_has(walk->file->debug, die, DW_AT_ranges);
	if (code >= 0 && code < CODES_MAX)
		walk->has_code[code] = has ? 2 : 1;
	return has;
}

static void add_function(struct walk *walk, Dwarf_Die die)
{
	struct dwarf_unit *unit = walk->unit;
	size_t before = unit->function_at.list.count;

	die_ranges(
		walk->file->debug, &unit->ranges, die, &unit->function_at, unit->functions.count);
	if (unit->function_at.list.count > before)
		ARRAY_PUSH(&unit->functions)->die = die_offset(walk->file->debug, die);
}

static bool may_hold_functions(Dwarf_Half tag)
{
	switch (tag) {
	case DW_TAG_subprogram:
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		return true;
	}
	return false;
}

static void walk_functions(struct walk *walk, Dwarf_Die parent, int depth)
{
	Dwarf_Debug debug = walk->file->debug;
	Dwarf_Die die;

	if (depth == DEPTH_MAX || !die_child(debug, parent, &die))
		return;
	do {
		Dwarf_Half tag = die_tag(debug, die);

		if (tag == DW_TAG_subprogram && has_code(walk, die))
			add_function(walk, die);
		if (may_hold_functions(tag))
			walk_functions(walk, die, depth + 1);
	} while (die_next(debug, &die));
}

void dwarf_unit_functions(struct dwarf_file *file, struct dwarf_unit *unit)
{
	struct walk walk = {file, unit, NULL};
	Dwarf_Die die;

	if (unit->functions_read)
		return;
	unit->functions_read = true;
	if (!die_at(file->debug, unit->die, &die))
		return;
	walk.has_code = xcalloc(CODES_MAX, 1);
	walk_functions(&walk, die, 0);
	free(walk.has_code);
	die_free(die);
	intervals_flatten(&unit->function_at);
}

/* ---- step two ---- */

/* Adds DIE, whose code was inlined into PARENT; returns its index. */
static uint32_t add_inlined(struct dwarf_file *file, struct dwarf_unit *unit,
	struct dwarf_function *function, Dwarf_Die die, uint32_t parent)
{
	uint32_t index = function->inlined.count;
	struct inlined *inlined = ARRAY_PUSH(&function->inlined);
	Dwarf_Off origin = origin_of(file, die);
	uint64_t number;

	inlined->parent = parent;
	inlined->name = origin ? name_of(file, origin) : 0;
	if (die_number(file->debug, die, DW_AT_call_file, &number))
		inlined->call_file = number;
	if (die_number(file->debug, die, DW_AT_call_line, &number))
		inlined->call_line = number;
	die_ranges(file->debug, &unit->ranges, die, &function->inlined_at, index);
	return index;
}

struct tree_walk {
	struct dwarf_file *file;
	struct dwarf_unit *unit;
	struct dwarf_function *function;
};

static void walk_inlined(struct tree_walk *walk, Dwarf_Die around, uint32_t parent, int depth)
{
	Dwarf_Debug debug = walk->file->debug;
	Dwarf_Die die;

	if (depth == DEPTH_MAX || !die_child(debug, around, &die))
		return;
	do {
		uint32_t inner = parent;

		switch (die_tag(debug, die)) {
		case DW_TAG_inlined_subroutine:
			inner = add_inlined(walk->file, walk->unit, walk->function, die, parent);
			/* fallthrough */
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
			walk_inlined(walk, die, inner, depth + 1);
			break;
		}
	} while (die_next(debug, &die));
}

struct dwarf_function *dwarf_function_at(
	struct dwarf_file *file, struct dwarf_unit *unit, uint64_t address)
{
	uint32_t index = intervals_find(&unit->function_at, address);
	struct dwarf_function *function;
	Dwarf_Die die;

	if (index == INTERVAL_NONE)
		return NULL;
	function = &unit->functions.items[index];
	if (function->read)
		return function;
	function->read = true;
	function->name = name_of(file, function->die);
	if (die_at(file->debug, function->die, &die)) {
		struct tree_walk walk = {file, unit, function};

		walk_inlined(&walk, die, INTERVAL_NONE, 0);
		die_free(die);
		intervals_flatten(&function->inlined_at);
	}
	return function;
}

void dwarf_unit_functions_free(struct dwarf_unit *unit)
{
	for (size_t i = 0; i < unit->functions.count; i++) {
		ARRAY_FREE(&unit->functions.items[i].inlined);
		intervals_free(&unit->functions.items[i].inlined_at);
	}
	ARRAY_FREE(&unit->functions);
	intervals_free(&unit->function_at);
}
