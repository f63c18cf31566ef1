/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Abbreviation tables, read so that dwarf_walk.c can step over entries without asking libdwarf for
 * each. Compilers number codes from 1 upwards, so a code is its own index; others go through a map.
 * Most abbreviations have only forms of fixed sizes: their entries are skipped in one step.
 */
#include <libdwarf/dwarf.h>
#include <stdlib.h>
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

static uint16_t true_form(struct cursor *cursor, uint16_t form)
{
	for (int i = 0; form == DW_FORM_indirect && i < INDIRECT_MAX; i++)
		form = cursor_varint(cursor);
	return form;
}

void form_skip(struct cursor *cursor, uint16_t form, const struct form_sizes *sizes)
{
	uint32_t size;

	form = true_form(cursor, form);
	size = form_size(form, sizes);
	if (size != SIZE_VARIES)
		cursor_bytes(cursor, size);
	else
		skip_varying(cursor, form);
}

static uint64_t read_fixed(struct cursor *cursor, uint32_t size)
{
	const uint8_t *bytes = cursor_bytes(cursor, size);
	uint64_t number = 0;

	for (uint32_t i = size < 8 ? size : 8; bytes && i-- > 0;)
		number = number << 8 | bytes[i];
	return number;
}

static void read_varying(struct cursor *cursor, struct form_value *value)
{
	const uint8_t *at = cursor->at;

	switch (value->form) {
	case DW_FORM_udata:
	case DW_FORM_ref_udata:
	case DW_FORM_strx:
	case DW_FORM_addrx:
	case DW_FORM_rnglistx:
	case DW_FORM_GNU_addr_index:
	case DW_FORM_GNU_str_index:
		value->number = cursor_varint(cursor);
		return;
	case DW_FORM_sdata:
		value->number = (uint64_t)cursor_sleb(cursor);
		return;
	}
	skip_varying(cursor, value->form);
	if (value->form == DW_FORM_string && cursor_ok(cursor))
		value->text = (const char *)at;
}

struct form_value form_read(struct cursor *cursor, const struct abbreviation_field *field,
	const struct form_sizes *sizes)
{
	struct form_value value = {true_form(cursor, field->form), 0, NULL};
	uint32_t size = form_size(value.form, sizes);

	if (value.form == DW_FORM_implicit_const)
		value.number = (uint64_t)field->constant;
	else if (size != SIZE_VARIES)
		value.number = read_fixed(cursor, size);
	else
		read_varying(cursor, &value);
	return value;
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
		field.constant = field.form == DW_FORM_implicit_const ? cursor_sleb(cursor) : 0;
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

const struct abbreviations *abbreviation_tables_at(struct abbreviation_tables *tables,
	const struct line_section *section, uint64_t offset, const struct form_sizes *sizes)
{
	/* The sizes of forms, which are remembered with a table, depend on these too. */
	uint64_t key[3] = {offset, sizes->version, sizes->wide};
	struct cursor cursor = cursor_over(section->data, section->size);
	struct abbreviations *table;
	uint64_t *index;
	bool added;

	tables->index_of.key_size = sizeof key;
	index = map_add(&tables->index_of, key, tables->list.count, &added);
	if (added) {
		table = xmalloc(sizeof *table);
		cursor_bytes(&cursor, offset);
		abbreviations_read(table, cursor, sizes);
		*ARRAY_PUSH(&tables->list) = table;
	}
	return tables->list.items[*index];
}

void abbreviation_tables_free(struct abbreviation_tables *tables)
{
	for (size_t i = 0; i < tables->list.count; i++) {
		abbreviations_free(tables->list.items[i]);
		free(tables->list.items[i]);
	}
	ARRAY_FREE(&tables->list);
	map_free(&tables->index_of);
}
