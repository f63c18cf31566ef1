/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening a part walks over the headers of its units (DWARF 5, section 7.5.1; a few bytes of each)
 * and reads no entry, save for the id of split units before DWARF 5, which is an attribute. Headers
 * of unknown versions are stepped over; where a length leads out of the section, the rest is lost.
 *
 * Strings by number begin behind the header of .debug_str_offsets.dwo, which DWARF 5 has and its
 * forerunner has not. Alternate files have no strings by number: dwz turns them into offsets.
 */
#include <libdwarf/dwarf.h>
#include <string.h>
#include "symbol/dwarf_part.h"

struct line_section dwarf_section_bytes(struct elf *elf, const char *name)
{
	struct elf_section *section = elf_section(elf, name);
	struct error err = ERROR_INIT;
	struct line_section bytes = {NULL, 0};

	if (section)
		bytes.data = elf_section_data(elf, section, &err);
	if (bytes.data)
		bytes.size = section->size;
	return bytes;
}

static uint64_t read_offset(struct cursor *cursor, bool wide)
{
	return wide ? cursor_u64(cursor) : cursor_u32(cursor);
}

/* What follows the length in a header; false: nothing that we read. */
static bool read_header(struct cursor *cursor, struct part_unit *unit)
{
	uint8_t type = 0;

	unit->sizes.version = cursor_u16(cursor);
	if (unit->sizes.version < 2 || unit->sizes.version > 5)
		return false;
	if (unit->sizes.version >= 5) {
		type = cursor_u8(cursor);
		cursor_u8(cursor); /* the size of an address */
	}
	unit->abbreviations_at = read_offset(cursor, unit->sizes.wide);
	if (unit->sizes.version < 5)
		cursor_u8(cursor);
	else if (type == DW_UT_skeleton || type == DW_UT_split_compile)
		unit->id = cursor_u64(cursor);
	else if (type == DW_UT_type || type == DW_UT_split_type)
		return false;
	return cursor_ok(cursor);
}

void dwarf_part_read(struct dwarf_part *part, const struct entry_sections *sections)
{
	const struct line_section *info = &sections->info;
	struct cursor cursor = cursor_over(info->data, info->size), header;

	memset(part, 0, sizeof *part);
	part->sections = *sections;
	part->names = (struct map)MAP_INIT(uint64_t);
	while (cursor_left(&cursor)) {
		struct part_unit unit = {.start = cursor.at - info->data};
		uint64_t length = cursor_u32(&cursor);

		unit.sizes.wide = length == 0xffffffff;
		if (unit.sizes.wide)
			length = cursor_u64(&cursor);
		header = cursor;
		if (!cursor_bytes(&cursor, length))
			return;
		header.end = cursor.at;
		unit.end = cursor.at - info->data;
		if (!read_header(&header, &unit))
			continue;
		unit.first = header.at - info->data;
		*ARRAY_PUSH(&part->units) = unit;
	}
}

void dwarf_part_free(struct dwarf_part *part)
{
	abbreviation_tables_free(&part->abbreviations);
	ARRAY_FREE(&part->units);
	map_free(&part->names);
}

struct walk_unit dwarf_part_entries(struct dwarf_part *part, const struct part_unit *unit)
{
	struct walk_unit entries = {
		&part->sections.info, unit->start, unit->end, unit->sizes, NULL};

	entries.abbreviations = abbreviation_tables_at(
		&part->abbreviations, &part->sections.abbrev, unit->abbreviations_at, &unit->sizes);
	return entries;
}

static bool read_entry(struct dwarf_part *part, const struct part_unit *unit, uint64_t offset,
	enum entry_wanted wanted, struct entry *entry)
{
	struct entry_unit entries = {dwarf_part_entries(part, unit), &part->sections, 0};

	if (unit->sizes.version >= 5)
		entries.str_offsets_base = unit->sizes.wide ? 16 : 8;
	return dwarf_entry_read(&entries, offset, wanted, entry);
}

const struct part_unit *dwarf_part_find(struct dwarf_part *part, uint64_t id)
{
	for (size_t i = 0; i < part->units.count; i++) {
		struct part_unit *unit = &part->units.items[i];
		struct entry entry;

		if (unit->sizes.version < 5 && !unit->id &&
			read_entry(part, unit, unit->first, ENTRY_SPLIT, &entry))
			unit->id = entry.dwo_id;
		if (unit->id == id)
			return unit;
	}
	return NULL;
}

bool dwarf_part_entry(
	struct dwarf_part *part, uint64_t offset, enum entry_wanted wanted, struct entry *entry)
{
	size_t low = 0, high = part->units.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (part->units.items[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == part->units.count || offset < part->units.items[low].first)
		return false;
	return read_entry(part, &part->units.items[low], offset, wanted, entry);
}
