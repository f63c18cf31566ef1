/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walking is what most of the time goes to: a unit has tens of thousands of entries of which a few
 * hundred are functions. libdwarf makes an object of each; and it follows a sibling reference
 * wherever it points, so that a corrupt one keeps it busy for ever. Here an entry is a code, a look
 * into the abbreviations, and mostly one addition.
 *
 * The walk goes straight through the bytes and never back: a sibling reference is followed only
 * forwards, so the unit's length bounds it. clang writes no such references; then what is passed
 * over is stepped through silently.
 */
#include <libdwarf/dwarf.h>
#include "symbol/dwarf_walk.h"

/* Moves CURSOR behind the fields of an entry; its sibling reference, as bytes from the unit's
 * start, goes to *sibling, or 0. Only of the usual form: others are not worth it. */
static void skip_fields(const struct walk_unit *unit, struct cursor *cursor,
	const struct abbreviation *kind, uint64_t *sibling)
{
	const struct abbreviation_field *fields;

	*sibling = 0;
	if (kind->fixed_size != UINT32_MAX && !kind->has_sibling) {
		cursor_bytes(cursor, kind->fixed_size);
		return;
	}
	fields = &unit->abbreviations->fields.items[kind->first_field];
	for (size_t i = 0; i < kind->n_fields; i++) {
		if (fields[i].attribute == DW_AT_sibling && fields[i].form == DW_FORM_ref4)
			*sibling = cursor_u32(cursor);
		else
			form_skip(cursor, fields[i].form, &unit->sizes);
	}
}

/* Moves CURSOR forwards to SIBLING, if that is forwards and inside. */
static bool jump(const struct walk_unit *unit, struct cursor *cursor, uint64_t sibling)
{
	const uint8_t *to = unit->info->data + unit->start;

	if (!sibling || sibling > unit->end - unit->start || to + sibling < cursor->at)
		return false;
	cursor->at = to + sibling;
	return true;
}

/* The entries of the unit from OFFSET on. */
static struct cursor entries_at(const struct walk_unit *unit, uint64_t offset)
{
	bool inside = unit->info->data && unit->start <= offset && offset <= unit->end &&
		      unit->end <= unit->info->size;

	return inside ? cursor_over(unit->info->data + offset, unit->end - offset)
		      : cursor_over(NULL, 0);
}

/* Reads the entry at the cursor; NULL is the end of a list of children, and also of everything. */
static const struct abbreviation *read_entry(
	const struct walk_unit *unit, struct cursor *cursor, uint64_t *sibling)
{
	uint64_t code = cursor_varint(cursor);
	const struct abbreviation *kind;

	if (!code)
		return NULL;
	kind = abbreviations_find(unit->abbreviations, code);
	if (kind)
		skip_fields(unit, cursor, kind, sibling);
	else
		cursor->failed = true;
	return kind;
}

const struct abbreviation *dwarf_walk_entry(
	const struct walk_unit *unit, uint64_t offset, struct cursor *fields)
{
	*fields = entries_at(unit, offset);
	return abbreviations_find(unit->abbreviations, cursor_varint(fields));
}

bool dwarf_walk(const struct walk_unit *unit, uint64_t offset, walk_visit *visit, void *data)
{
	struct cursor cursor = entries_at(unit, offset);
	uint64_t sibling;
	const struct abbreviation *kind = read_entry(unit, &cursor, &sibling);
	unsigned depth = 1, silent = UINT32_MAX; /* entries from that depth on are not shown */

	if (!kind || !kind->has_children)
		return cursor_ok(&cursor);
	while (depth && cursor_ok(&cursor) && cursor_left(&cursor)) {
		struct walk_entry entry = {.offset = cursor.at - unit->info->data, .depth = depth};
		bool past = depth >= silent;

		kind = read_entry(unit, &cursor, &sibling);
		if (!cursor_ok(&cursor))
			return false;
		if (!kind) {
			depth--;
			if (depth < silent)
				silent = UINT32_MAX;
			continue;
		}
		entry.tag = kind->tag;
		entry.has_code = kind->has_code;
		if (!past)
			past = visit(data, &entry) == WALK_PAST || depth == WALK_DEPTH_MAX;
		if (!kind->has_children || (past && jump(unit, &cursor, sibling)))
			continue;
		depth++;
		if (past && silent == UINT32_MAX)
			silent = depth;
	}
	return cursor_ok(&cursor);
}
