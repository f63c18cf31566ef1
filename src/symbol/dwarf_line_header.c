/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories and files of a line table. Version 5 describes its own entries by lists of forms;
 * versions 2 to 4 have strings with numbers behind them. Both end up as two arrays indexed as the
 * program's numbers are: in version 5 from 0, in the older ones from 1, where 0 names nothing.
 *
 * Strings stay in their sections. Strings behind an index (DW_FORM_strx) are met only in split
 * units and are passed over, as are those of an alternate file: such a file has no name.
 */
#include <string.h>
#include <libdwarf/dwarf.h>
#include "symbol/dwarf_line_header.h"

const char *line_text(struct cursor *cursor)
{
	const uint8_t *end = memchr(cursor->at, 0, cursor_left(cursor));

	return cursor_bytes(cursor, end ? (size_t)(end - cursor->at) + 1 : cursor_left(cursor) + 1);
}

const char *line_section_text(const struct line_section *section, uint64_t offset)
{
	if (!section->data || offset >= section->size ||
		!memchr(section->data + offset, 0, section->size - offset))
		return NULL;
	return (const char *)section->data + offset;
}

static uint64_t cursor_offset(struct cursor *cursor, bool wide)
{
	return wide ? cursor_u64(cursor) : cursor_u32(cursor);
}

struct field {
	uint64_t content, form;
};

struct field_value {
	const char *text;
	uint64_t number;
};

/* Reads one field: *text for strings, *number for the rest. An unknown form fails the cursor, since
 * its size is unknown. */
static void read_field(struct cursor *cursor, const struct line_sections *sections, bool wide,
	uint64_t form, struct field_value *value)
{
	*value = (struct field_value){NULL, 0};
	switch (form) {
	case DW_FORM_string:
		value->text = line_text(cursor);
		return;
	case DW_FORM_line_strp:
		value->text = line_section_text(&sections->line_str, cursor_offset(cursor, wide));
		return;
	case DW_FORM_strp:
		value->text = line_section_text(&sections->str, cursor_offset(cursor, wide));
		return;
	case DW_FORM_strx:
	case DW_FORM_udata:
		value->number = cursor_varint(cursor);
		return;
	case DW_FORM_strx1:
	case DW_FORM_data1:
		value->number = cursor_u8(cursor);
		return;
	case DW_FORM_strx2:
	case DW_FORM_data2:
		value->number = cursor_u16(cursor);
		return;
	case DW_FORM_strx3:
		cursor_bytes(cursor, 3);
		return;
	case DW_FORM_strx4:
	case DW_FORM_data4:
		value->number = cursor_u32(cursor);
		return;
	case DW_FORM_data8:
		value->number = cursor_u64(cursor);
		return;
	case DW_FORM_data16:
		cursor_bytes(cursor, 16);
		return;
	case DW_FORM_block:
		cursor_bytes(cursor, cursor_varint(cursor));
		return;
	case DW_FORM_block1:
		cursor_bytes(cursor, cursor_u8(cursor));
		return;
	case DW_FORM_sec_offset:
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_strp_alt:
		cursor_offset(cursor, wide);
		return;
	default:
		cursor->failed = true;
	}
}

/* A version 5 list, of directories (FILES false) or files: their formats, a count, then the
 * entries. */
static void read_entries(struct line_table *table, struct cursor *cursor,
	const struct line_sections *sections, bool wide, bool files)
{
	struct field fields[255];
	uint8_t n_fields = cursor_u8(cursor);
	size_t count;

	for (uint8_t i = 0; i < n_fields; i++) {
		fields[i].content = cursor_varint(cursor);
		fields[i].form = cursor_varint(cursor);
	}
	/* Each field takes a byte at least; without fields there can be no entries. */
	count = cursor_count(cursor, n_fields ? n_fields : SIZE_MAX);
	for (size_t i = 0; i < count && cursor_ok(cursor); i++) {
		struct line_file file = {NULL, 0};

		for (uint8_t k = 0; k < n_fields; k++) {
			struct field_value value;

			read_field(cursor, sections, wide, fields[k].form, &value);
			if (fields[k].content == DW_LNCT_path)
				file.name = value.text;
			else if (fields[k].content == DW_LNCT_directory_index)
				file.directory = value.number;
		}
		if (files)
			*ARRAY_PUSH(&table->files) = file;
		else
			*ARRAY_PUSH(&table->directories) = file.name;
	}
}

/* Versions 2 to 4: strings until an empty one. Number 0 of both lists is the unit's own; for files
 * it names nothing. */
static void read_old_entries(struct line_table *table, struct cursor *cursor)
{
	const char *text;

	*ARRAY_PUSH(&table->directories) = NULL;
	while ((text = line_text(cursor)) && *text)
		*ARRAY_PUSH(&table->directories) = text;
	ARRAY_PUSH(&table->files);
	while ((text = line_text(cursor)) && *text) {
		struct line_file *file = ARRAY_PUSH(&table->files);

		file->name = text;
		file->directory = cursor_varint(cursor);
		cursor_varint(cursor); /* time */
		cursor_varint(cursor); /* length */
	}
}

int line_header_read(struct line_table *table, struct line_header *header,
	const struct line_sections *sections, uint64_t offset, struct error *err)
{
	struct cursor cursor = cursor_over(sections->line.data, sections->line.size), body;
	uint64_t length;

	if (!sections->line.data || offset > sections->line.size)
		return error_set(err, "a line table lies outside of .debug_line");
	cursor_bytes(&cursor, offset);
	length = cursor_u32(&cursor);
	header->wide = length == 0xffffffff;
	if (header->wide)
		length = cursor_u64(&cursor);
	if (!cursor_ok(&cursor) || length > cursor_left(&cursor))
		return error_set(err, "a line table is cut short");
	header->program = cursor_over(cursor.at, length);
	table->version = cursor_u16(&header->program);
	if (table->version < 2 || table->version > 5)
		return error_set(err, "a line table has version %u", table->version);
	if (table->version >= 5)
		cursor_u16(&header->program); /* sizes of addresses and of segment selectors */
	length = cursor_offset(&header->program, header->wide);
	body = header->program;
	if (!cursor_bytes(&header->program, length))
		return error_set(err, "a line table is cut short");
	body.end = header->program.at;
	header->min_instruction = cursor_u8(&body);
	if (table->version >= 4)
		cursor_u8(&body); /* operations of an instruction: 1 */
	cursor_u8(&body);	  /* is_stmt at the start */
	header->line_base = (int8_t)cursor_u8(&body);
	header->line_range = cursor_u8(&body);
	header->opcode_base = cursor_u8(&body);
	for (unsigned i = 1; i < header->opcode_base; i++)
		header->operands[i] = cursor_u8(&body);
	if (table->version >= 5) {
		read_entries(table, &body, sections, header->wide, false);
		read_entries(table, &body, sections, header->wide, true);
	} else {
		read_old_entries(table, &body);
	}
	if (!cursor_ok(&body))
		return error_set(err, "the header of a line table is corrupt");
	return 0;
}
