/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions and inlining, in two steps, since a unit has thousands of functions and a profile asks
 * for a few of them.
 *
 * Step one walks a unit for subprograms that have code. They may be anywhere: in namespaces,
 * classes, blocks, and also in abstract subprograms, where lambdas and local classes live (without
 * those one chain in 200 is wrong). Only for those that have code libdwarf is asked.
 *
 * Step two, for a function that is asked for, makes one tree of what was inlined into it:
 *
 *      inlined[]     0: parent none     1: parent 0     2: parent none ...
 *      inlined_at    disjoint ranges -> index of the innermost one there
 *
 * so an address costs two binary searches and a walk up.
 *
 * A name is the linkage name, found along abstract_origin and specification, else the plain one;
 * remembered by entry, as one small function is inlined in hundreds of places. The steps to it are
 * bounded: the references may go round.
 */
#include <stdlib.h>
#include "symbol/dwarf_func.h"

#define NAME_STEPS 16 /* from an entry to the one that has the name */

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

struct function_walk {
	struct dwarf_file *file;
	struct dwarf_unit *unit;
};

static void add_function(struct dwarf_file *file, struct dwarf_unit *unit, Dwarf_Off offset)
{
	size_t before = unit->function_at.list.count;
	Dwarf_Die die;

	if (!die_at(file->debug, offset, &die))
		return;
	die_ranges(file->debug, &unit->ranges, die, &unit->function_at, unit->functions.count);
	if (unit->function_at.list.count > before)
		ARRAY_PUSH(&unit->functions)->die = offset;
	die_free(die);
}

static enum walk_next see_function(void *data, const struct walk_entry *entry)
{
	struct function_walk *walk = data;

	switch (entry->tag) {
	case DW_TAG_subprogram:
		if (entry->has_code)
			add_function(walk->file, walk->unit, entry->offset);
		return WALK_IN;
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		return WALK_IN;
	}
	return WALK_PAST;
}

void dwarf_unit_functions(struct dwarf_file *file, struct dwarf_unit *unit)
{
	struct function_walk walk = {file, unit};
	struct walk_unit entries;

	if (unit->functions_read)
		return;
	unit->functions_read = true;
	entries = dwarf_unit_entries(file, unit);
	dwarf_walk(&entries, unit->die, see_function, &walk);
	intervals_flatten(&unit->function_at);
}

/* ---- step two ---- */

struct inlined_walk {
	struct dwarf_file *file;
	struct dwarf_unit *unit;
	struct dwarf_function *function;
	uint32_t around[WALK_DEPTH_MAX + 2]; /* by depth: into which an entry there was inlined */
};

/* Adds the entry at OFFSET, whose code was inlined into PARENT; returns its index. */
static uint32_t add_inlined(struct inlined_walk *walk, Dwarf_Off offset, uint32_t parent)
{
	struct dwarf_file *file = walk->file;
	uint32_t index = walk->function->inlined.count;
	struct inlined *inlined = ARRAY_PUSH(&walk->function->inlined);
	Dwarf_Off origin;
	uint64_t number;
	Dwarf_Die die;

	inlined->parent = parent;
	if (!die_at(file->debug, offset, &die))
		return index;
	origin = origin_of(file, die);
	inlined->name = origin ? name_of(file, origin) : 0;
	if (die_number(file->debug, die, DW_AT_call_file, &number))
		inlined->call_file = number;
	if (die_number(file->debug, die, DW_AT_call_line, &number))
		inlined->call_line = number;
	die_ranges(file->debug, &walk->unit->ranges, die, &walk->function->inlined_at, index);
	die_free(die);
	return index;
}

static enum walk_next see_inlined(void *data, const struct walk_entry *entry)
{
	struct inlined_walk *walk = data;
	uint32_t parent = walk->around[entry->depth];

	switch (entry->tag) {
	case DW_TAG_inlined_subroutine:
		parent = add_inlined(walk, entry->offset, parent);
		break;
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		break;
	default:
		return WALK_PAST;
	}
	walk->around[entry->depth + 1] = parent;
	return WALK_IN;
}

struct dwarf_function *dwarf_function_at(
	struct dwarf_file *file, struct dwarf_unit *unit, uint64_t address)
{
	uint32_t index = intervals_find(&unit->function_at, address);
	struct dwarf_function *function;
	struct inlined_walk walk;
	struct walk_unit entries;

	if (index == INTERVAL_NONE)
		return NULL;
	function = &unit->functions.items[index];
	if (function->read)
		return function;
	function->read = true;
	function->name = name_of(file, function->die);
	walk = (struct inlined_walk){file, unit, function, {[1] = INTERVAL_NONE}};
	entries = dwarf_unit_entries(file, unit);
	dwarf_walk(&entries, function->die, see_inlined, &walk);
	intervals_flatten(&function->inlined_at);
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
