/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A package is the sections of many .dwo files, each put together end to end, and an index that
 * says which piece is whose:
 *
 *      header    version, columns, rows, slots
 *      slots     id of a unit (8 bytes each), then its row from 1, or 0 (4 bytes each)
 *      table     columns: number of a section; then rows of offsets; then rows of sizes
 *
 * The slots are a hash table on disk. They are read once into a map of ours, since a corrupt one
 * could lead a search through all of them for every unit. Pieces are cut to nothing when they lie
 * outside of their section. .debug_str is common to all and not cut.
 */
#include <stdlib.h>
#include <string.h>
#include "base/map.h"
#include "symbol/dwarf_package.h"

/* Numbers of sections: DW_SECT_*; 8 is another one (macros) in version 2. */
enum { COLUMN_INFO = 1, COLUMN_ABBREV = 3, COLUMN_STR_OFFSETS = 6, COLUMN_RNGLISTS = 8 };

struct dwarf_package {
	struct split_sections whole;
	uint32_t version, n_columns, n_rows;
	const uint8_t *columns, *offsets, *sizes; /* 4 bytes each */
	struct map row_of;			  /* id -> row from 0 */
};

struct split_sections split_sections_of(struct elf *elf)
{
	struct split_sections sections;

	sections.entries.info = dwarf_section_bytes(elf, ".debug_info.dwo");
	sections.entries.abbrev = dwarf_section_bytes(elf, ".debug_abbrev.dwo");
	sections.entries.str = dwarf_section_bytes(elf, ".debug_str.dwo");
	sections.entries.line_str = dwarf_section_bytes(elf, ".debug_line_str.dwo");
	sections.entries.str_offsets = dwarf_section_bytes(elf, ".debug_str_offsets.dwo");
	sections.rnglists = dwarf_section_bytes(elf, ".debug_rnglists.dwo");
	return sections;
}

static bool read_index(struct dwarf_package *package, struct cursor *cursor)
{
	uint32_t n_slots;
	struct cursor ids, rows;
	uint64_t cells;

	package->version = cursor_u32(cursor) & 0xffff; /* of 2 bytes in version 5, and padding */
	package->n_columns = cursor_u32(cursor);
	package->n_rows = cursor_u32(cursor);
	n_slots = cursor_u32(cursor);
	ids = *cursor;
	cursor_bytes(cursor, (uint64_t)n_slots * 8);
	rows = *cursor;
	cursor_bytes(cursor, (uint64_t)n_slots * 4);
	cells = (uint64_t)package->n_columns * package->n_rows;
	package->columns = cursor_bytes(cursor, (uint64_t)package->n_columns * 4);
	/* Two numbers of 32 bits multiplied, and once more by 8, may not fit. */
	if (cells > cursor_left(cursor) / 8)
		return false;
	package->offsets = cursor_bytes(cursor, cells * 4);
	package->sizes = cursor_bytes(cursor, cells * 4);
	if (!cursor_ok(cursor) || (package->version != 2 && package->version != 5))
		return false;
	for (uint32_t i = 0; i < n_slots; i++) {
		uint64_t id = cursor_u64(&ids);
		uint32_t row = cursor_u32(&rows);

		if (row && row <= package->n_rows)
			map_add(&package->row_of, &id, row - 1, NULL);
	}
	return true;
}

struct dwarf_package *dwarf_package_open(struct elf *elf, struct error *err)
{
	struct line_section index = dwarf_section_bytes(elf, ".debug_cu_index");
	struct cursor cursor = cursor_over(index.data, index.size);
	struct dwarf_package *package;

	if (!index.data) {
		error_set(err, "it is no package of split units");
		return NULL;
	}
	package = xcalloc(1, sizeof *package);
	package->row_of = (struct map)MAP_INIT(uint64_t);
	if (!read_index(package, &cursor)) {
		error_set(err, "its index is corrupt, or of an unknown version");
		dwarf_package_close(package);
		return NULL;
	}
	package->whole = split_sections_of(elf);
	return package;
}

void dwarf_package_close(struct dwarf_package *package)
{
	if (!package)
		return;
	map_free(&package->row_of);
	free(package);
}

static uint32_t cell(const uint8_t *table, uint64_t index)
{
	struct cursor cursor = cursor_over(table + index * 4, 4);

	return cursor_u32(&cursor);
}

/* The piece of SECTION that ROW has in column COLUMN. */
static struct line_section piece(const struct dwarf_package *package, uint64_t row, uint32_t column,
	const struct line_section *section)
{
	uint64_t at = row * package->n_columns + column;
	uint64_t offset = cell(package->offsets, at), size = cell(package->sizes, at);

	if (!section->data || offset > section->size || size > section->size - offset)
		return (struct line_section){NULL, 0};
	return (struct line_section){section->data + offset, size};
}

bool dwarf_package_find(
	const struct dwarf_package *package, uint64_t id, struct split_sections *sections)
{
	const struct split_sections *whole = &package->whole;
	uint64_t *row = map_find(&package->row_of, &id);

	if (!row)
		return false;
	*sections = (struct split_sections){0};
	sections->entries.str = whole->entries.str;
	sections->entries.line_str = whole->entries.line_str;
	for (uint32_t i = 0; i < package->n_columns; i++)
		switch (cell(package->columns, i)) {
		case COLUMN_INFO:
			sections->entries.info = piece(package, *row, i, &whole->entries.info);
			break;
		case COLUMN_ABBREV:
			sections->entries.abbrev = piece(package, *row, i, &whole->entries.abbrev);
			break;
		case COLUMN_STR_OFFSETS:
			sections->entries.str_offsets =
				piece(package, *row, i, &whole->entries.str_offsets);
			break;
		case COLUMN_RNGLISTS:
			if (package->version >= 5)
				sections->rnglists = piece(package, *row, i, &whole->rnglists);
			break;
		}
	return true;
}
