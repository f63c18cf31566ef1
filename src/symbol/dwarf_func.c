/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions and inlining, in two steps, since a unit has thousands of functions and a profile asks
 * for a few of them.
 *
 * Step one walks a unit for subprograms that have code. They may be anywhere: in namespaces,
 * classes, blocks, and also in abstract subprograms, where lambdas and local classes live (without
 * those one chain in 200 is wrong). Only of those that have code attributes are read.
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
 * bounded: the references may go round. They may also lead to an alternate file.
 *
 * The entries of a split unit are in another file; there, and in an alternate one, they are read by
 * dwarf_part.c, in the main file by libdwarf. All else is the same for both.
 */
#include <stdlib.h>
#include "symbol/dwarf_func.h"

#define NAME_STEPS 16 /* from an entry to the one that has the name */

/* ---- names ---- */

/* An entry's place: in a part, or for NULL in the main file. */
struct place {
	struct dwarf_part *part;
	uint64_t offset;
};

static bool read_entry(struct dwarf_file *file, const struct place *place, enum entry_wanted wanted,
	struct entry *entry)
{
	struct entry again;

	if (place->part)
		return dwarf_part_entry(place->part, place->offset, wanted, entry);
	if (!die_entry(file->debug, place->offset, wanted, entry))
		return false;
	if (entry->origin.kind == REFERENCE_UNREAD &&
		dwarf_part_entry(dwarf_file_part(file), place->offset, ENTRY_ORIGIN, &again))
		entry->origin = again.origin;
	return true;
}

/* Goes where REFERENCE leads; false: nowhere. */
static bool follow(
	struct dwarf_file *file, const struct entry_reference *reference, struct place *place)
{
	if (reference->kind == REFERENCE_ELSEWHERE)
		place->part = dwarf_alternate_part(&file->alternate);
	place->offset = reference->offset;
	return reference->kind == REFERENCE_HERE ||
	       (reference->kind == REFERENCE_ELSEWHERE && place->part);
}

static string_id read_name(struct dwarf_file *file, struct place place)
{
	const char *plain = NULL, *linkage = NULL;

	for (int step = 0; step < NAME_STEPS && !linkage; step++) {
		struct entry entry;

		if (!read_entry(file, &place, ENTRY_NAME | ENTRY_ORIGIN, &entry))
			break;
		linkage = dwarf_alternate_text(&file->alternate, &entry.linkage_name);
		if (!linkage && !plain)
			plain = dwarf_alternate_text(&file->alternate, &entry.name);
		if (!follow(file, &entry.origin, &place))
			break;
	}
	if (!linkage)
		linkage = plain;
	return linkage ? strings_add(file->strings, linkage) : 0;
}

static string_id name_of(struct dwarf_file *file, const struct place *place)
{
	struct map *names = place->part ? &place->part->names : &file->names;
	uint64_t key = place->offset;
	uint64_t *known = map_find(names, &key);
	string_id name;

	if (known)
		return *known;
	name = read_name(file, *place);
	map_add(names, &key, name, NULL);
	return name;
}

/* ---- units ---- */

/* Where a unit's functions are: in itself, or in its other half. */
struct body {
	struct dwarf_file *file;
	struct dwarf_unit *unit;
	struct dwarf_part *part; /* NULL: the main file */
	uint64_t first;		 /* the unit's entry */
	const struct range_context *ranges;
	struct walk_unit entries;
};

static struct body body_of(struct dwarf_file *file, struct dwarf_unit *unit)
{
	struct split_unit *split = unit->split;
	struct body body = {file, unit, NULL, unit->die, &unit->ranges, {0}};

	if (split) {
		body.part = split->part;
		body.first = split->unit->first;
		body.ranges = &split->ranges;
		body.entries = dwarf_part_entries(split->part, split->unit);
	} else {
		body.entries = dwarf_unit_entries(file, unit);
	}
	return body;
}

/* ---- step one ---- */

static void add_function(struct body *body, uint64_t offset)
{
	struct dwarf_unit *unit = body->unit;
	const struct place place = {body->part, offset};
	size_t before = unit->function_at.list.count;
	struct entry entry;

	if (!read_entry(body->file, &place, ENTRY_CODE, &entry))
		return;
	extent_add(body->ranges, &entry.extent, &unit->function_at, unit->functions.count);
	if (unit->function_at.list.count > before)
		ARRAY_PUSH(&unit->functions)->die = offset;
}

static enum walk_next see_function(void *data, const struct walk_entry *entry)
{
	switch (entry->tag) {
	case DW_TAG_subprogram:
		if (entry->has_code)
			add_function(data, entry->offset);
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
	struct body body;

	if (unit->functions_read)
		return;
	unit->functions_read = true;
	if (unit->link.name)
		unit->split = dwarf_splits_find(&file->splits, &unit->link, &unit->ranges);
	body = body_of(file, unit);
	file->corrupt |= !dwarf_walk(&body.entries, body.first, see_function, &body);
	intervals_flatten(&unit->function_at);
}

/* ---- step two ---- */

struct inlined_walk {
	struct body body;
	struct dwarf_function *function;
	uint32_t around[WALK_DEPTH_MAX + 2]; /* by depth: into which an entry there was inlined */
};

/* Adds the entry at OFFSET, whose code was inlined into PARENT; returns its index. */
static uint32_t add_inlined(struct inlined_walk *walk, uint64_t offset, uint32_t parent)
{
	struct body *body = &walk->body;
	struct place place = {body->part, offset};
	uint32_t index = walk->function->inlined.count;
	struct inlined *inlined = ARRAY_PUSH(&walk->function->inlined);
	struct entry entry;

	inlined->parent = parent;
	if (!read_entry(body->file, &place, ENTRY_ORIGIN | ENTRY_CALL | ENTRY_CODE, &entry))
		return index;
	if (follow(body->file, &entry.origin, &place))
		inlined->name = name_of(body->file, &place);
	inlined->call_file = entry.call_file;
	inlined->call_line = entry.call_line;
	extent_add(body->ranges, &entry.extent, &walk->function->inlined_at, index);
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

	if (index == INTERVAL_NONE)
		return NULL;
	function = &unit->functions.items[index];
	if (function->read)
		return function;
	function->read = true;
	walk = (struct inlined_walk){body_of(file, unit), function, {[1] = INTERVAL_NONE}};
	function->name = name_of(file, &(struct place){walk.body.part, function->die});
	file->corrupt |= !dwarf_walk(&walk.body.entries, function->die, see_inlined, &walk);
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
