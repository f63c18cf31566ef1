/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Abbreviation tables, read so that dwarf_walk.c can step over entries without asking libdwarf for
 * each. Compilers number codes from 1 upwards, so a code is its own index; others go through a map.
 * Most abbreviations have only forms of fixed sizes: their entries are skipped in one step.
 */
#include <libdwarf/dwarf.h>
#include <string.h>
#include "symbol/dwarf_abbrev.h"

#define SIZE_VARIES UINT32_MAX
#define INDIRECT_MAX 8 /* forms that name another form, one after the other */

/* The size of a value of FORM, or SIZE_VARIES. */
static uint32_t form_size(uint16_t form, const struct form_sizes *sizes)
{
	switch (form) {
	case DW_FORM_flag_present:
	case DW_FORM_implicit_const:
		return 0;
	case DW_FORM_data1:
	case DW_FORM_ref1:
	case DW_FORM_flag:
	case DW_FORM_strx1:
	case DW_FORM_addrx1:
		return 1;
	case DW_FORM_data2:
	case DW_FORM_ref2:
	case DW_FORM_strx2:
	case DW_FORM_addrx2:
		return 2;
	case DW_FORM_strx3:
	case DW_FORM_addrx3:
		return 3;
	case DW_FORM_data4:
	case DW_FORM_ref4:
	case DW_FORM_ref_sup4:
	case DW_FORM_strx4:
	case DW_FORM_addrx4:
		return 4;
	case DW_FORM_addr:
	case DW_FORM_data8:
	case DW_FORM_ref8:
	case DW_FORM_ref_sig8:
	case DW_FORM_ref_sup8:
		return 8;
	case DW_FORM_data16:
		return 16;
	case DW_FORM_ref_addr:
		return sizes->version == 2 || sizes->wide ? 8 : 4;
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_sec_offset:
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_GNU_strp_alt:
		return sizes->wide ? 8 : 4;
	}
	return SIZE_VARIES;
}

static void skip_text(struct cursor *cursor)
{
	const uint8_t *end = memchr(cursor->at, 0, cursor_left(cursor));

	cursor_bytes(cursor, end ? (size_t)(end - cursor->at) + 1 : SIZE_MAX);
}

/* LEB128 of any sign and size: only its end matters. */
static void skip_leb(struct cursor *cursor)
{
	while (cursor_u8(cursor) & 0x80)
		;
}

static void skip_varying(struct cursor *cursor, uint16_t form)
{
	switch (form) {
	case DW_FORM_string:
		skip_text(cursor);
		break;
	case DW_FORM_block1:
		cursor_bytes(cursor, cursor_u8(cursor));
		break;
	case DW_FORM_block2:
		cursor_bytes(cursor, cursor_u16(cursor));
		break;
	case DW_FORM_block4:
		cursor_bytes(cursor, cursor_u32(cursor));
		break;
	case DW_FORM_block:
	case DW_FORM_exprloc:
		cursor_bytes(cursor, cursor_varint(cursor));
		break;
	case DW_FORM_sdata:
	case DW_FORM_udata:
	case DW_FORM_ref_udata:
	case DW_FORM_strx:
	case DW_FORM_addrx:
	case DW_FORM_rnglistx:
	case DW_FORM_loclistx:
	case DW_FORM_GNU_addr_index:
	case DW_FORM_GNU_str_index:
		skip_leb(cursor);
		break;
	default:
		cursor->failed = true;
	}
}

void form_skip(struct cursor *cursor, uint16_t form, const struct form_sizes *sizes)
{
	uint32_t size;

	for (int i = 0; form == DW_FORM_indirect && i < INDIRECT_MAX; i++)
		form = cursor_varint(cursor);
	size = form_size(form, sizes);
	if (size != SIZE_VARIES)
		cursor_bytes(cursor, size);
	else
		skip_varying(cursor, form);
}

static void read_fields(struct abbreviations *table, struct abbreviation *entry,
	struct cursor *cursor, const struct form_sizes *sizes)
{
	entry->first_field = table->fields.count;
	while (cursor_ok(cursor)) {
		struct abbreviation_field field;
		uint32_t size;

		field.attribute = cursor_varint(cursor);
		field.form = cursor_varint(cursor);
		if (field.form == DW_FORM_implicit_const)
			skip_leb(cursor);
		if (!field.attribute && !field.form)
			return;
		*ARRAY_PUSH(&table->fields) = field;
		entry->n_fields++;
		entry->has_code |=
			field.attribute == DW_AT_low_pc || field.attribute == DW_AT_ranges;
		entry->has_sibling |= field.attribute == DW_AT_sibling;
		size = form_size(field.form, sizes);
		if (size == SIZE_VARIES || entry->fixed_size == SIZE_VARIES)
			entry->fixed_size = SIZE_VARIES;
		else
			entry->fixed_size += size;
	}
}

void abbreviations_read(
	struct abbreviations *table, struct cursor cursor, const struct form_sizes *sizes)
{
	memset(table, 0, sizeof *table);
	table->by_code = (struct map)MAP_INIT(uint64_t);
	ARRAY_PUSH(&table->list);
	for (;;) {
		uint64_t code = cursor_varint(&cursor);
		struct abbreviation entry = {0};

		entry.tag = cursor_varint(&cursor);
		entry.has_children = cursor_u8(&cursor);
		if (!cursor_ok(&cursor) || !code)
			return;
		read_fields(table, &entry, &cursor, sizes);
		if (code != table->list.count)
			map_add(&table->by_code, &code, table->list.count, NULL);
		*ARRAY_PUSH(&table->list) = entry;
	}
}

void abbreviations_free(struct abbreviations *table)
{
	ARRAY_FREE(&table->list);
	ARRAY_FREE(&table->fields);
	map_free(&table->by_code);
}

const struct abbreviation *abbreviations_find(const struct abbreviations *table, uint64_t code)
{
	uint64_t *index;

	/* Numbered otherwise are tables that were merged, and corrupt ones. */
	if (!table->by_code.count)
		return code && code < table->list.count ? &table->list.items[code] : NULL;
	index = map_find(&table->by_code, &code);
	if (index)
		return &table->list.items[*index];
	return code && code < table->list.count ? &table->list.items[code] : NULL;
}
