/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Line tables made by hand, of all versions: rows, sequences, names; and that cut or lying ones do
 * no harm. */
#include <criterion/criterion.h>
#include <libdwarf/dwarf.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "symbol/dwarf_line.h"

static void put_text(struct buffer *to, const char *text)
{
	buffer_bytes(to, text, strlen(text) + 1);
}

static void put_header_numbers(struct buffer *header, unsigned version)
{
	static const uint8_t operands[] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};

	buffer_u8(header, 1); /* min_instruction_length */
	if (version >= 4)
		buffer_u8(header, 1);
	buffer_u8(header, 1);
	buffer_u8(header, (uint8_t)-5); /* line_base */
	buffer_u8(header, 14);		/* line_range */
	buffer_u8(header, 13);		/* opcode_base */
	buffer_bytes(header, operands, sizeof operands);
}

static void put_old_names(struct buffer *header)
{
	put_text(header, "inc");
	put_text(header, "/usr/include");
	buffer_u8(header, 0);
	put_text(header, "a.c");
	buffer_bytes(header, "\0\0\0", 3);
	put_text(header, "b.h");
	buffer_bytes(header, "\1\0\0", 3);
	put_text(header, "c.h");
	buffer_bytes(header, "\2\0\0", 3);
	put_text(header, "/abs/d.h");
	buffer_bytes(header, "\1\0\0", 3);
	buffer_u8(header, 0);
}

static void put_new_names(struct buffer *header, bool wide)
{
	buffer_u8(header, 1);
	buffer_varint(header, DW_LNCT_path);
	buffer_varint(header, DW_FORM_string);
	buffer_varint(header, 3);
	put_text(header, "/build");
	put_text(header, "inc");
	put_text(header, "/usr/include");
	buffer_u8(header, 3);
	buffer_varint(header, DW_LNCT_path);
	buffer_varint(header, DW_FORM_line_strp);
	buffer_varint(header, DW_LNCT_directory_index);
	buffer_varint(header, DW_FORM_udata);
	buffer_varint(header, DW_LNCT_MD5);
	buffer_varint(header, DW_FORM_data16);
	buffer_varint(header, 5);
	for (unsigned i = 0; i < 5; i++) {
		static const uint32_t offsets[] = {0, 0, 4, 8, 12};
		static const uint8_t directories[] = {0, 0, 1, 2, 1};

		if (wide)
			buffer_u64(header, offsets[i]);
		else
			buffer_u32(header, offsets[i]);
		buffer_varint(header, directories[i]);
		buffer_bytes(header, "0123456789abcdef", 16);
	}
}

static const char line_str[] = "a.c\0b.h\0c.h\0/abs/d.h";

static void put_address(struct buffer *program, uint64_t address)
{
	buffer_u8(program, 0);
	buffer_varint(program, 9);
	buffer_u8(program, DW_LNE_set_address);
	buffer_u64(program, address);
}

static void put_end(struct buffer *program, unsigned advance)
{
	buffer_u8(program, DW_LNS_advance_pc);
	buffer_varint(program, advance);
	buffer_bytes(program, "\0\1\1", 3);
}

/*
 * Two sequences, the later addresses first:
 *      0x2000 a.c:10   0x2004 b.h:7   0x2004 b.h:8   0x2010 end
 *      0x1000 c.h:100  0x1008 c.h:99  0x1011 c.h:99 by const_add_pc  0x1020 end
 * and one at 0, which the linker dropped.
 */
static void put_program(struct buffer *program)
{
	put_address(program, 0x2000);
	buffer_u8(program, DW_LNS_advance_line);
	buffer_u8(program, 9);
	buffer_u8(program, DW_LNS_copy);
	buffer_u8(program, DW_LNS_set_file);
	buffer_u8(program, 2);
	buffer_u8(program, DW_LNS_advance_line);
	buffer_u8(program, 0x7d); /* -3 */
	buffer_u8(program, DW_LNS_advance_pc);
	buffer_u8(program, 4);
	buffer_u8(program, DW_LNS_set_column);
	buffer_u8(program, 60);
	buffer_u8(program, DW_LNS_negate_stmt);
	buffer_u8(program, DW_LNS_copy);
	buffer_u8(program, 13 + 6); /* special: line + 1, address + 0 */
	put_end(program, 12);
	put_address(program, 0x1000);
	buffer_u8(program, DW_LNS_set_file);
	buffer_u8(program, 3);
	buffer_u8(program, DW_LNS_advance_line);
	buffer_bytes(program, "\xe3\0", 2); /* 99, signed */
	buffer_u8(program, DW_LNS_copy);
	buffer_u8(program, 13 + 4 + 8 * 14); /* line - 1, address + 8 */
	buffer_u8(program, DW_LNS_fixed_advance_pc);
	buffer_u16(program, 0);
	buffer_bytes(program, "\0\2\4\7", 4);	 /* set_discriminator */
	buffer_u8(program, DW_LNS_const_add_pc); /* (255 - 13) / 14 = 17 */
	buffer_u8(program, DW_LNS_copy);
	put_end(program, 7);
	put_address(program, 0);
	buffer_u8(program, DW_LNS_copy);
	put_end(program, 0x5000);
}

static struct buffer make_table(unsigned version, bool wide)
{
	struct buffer table = {0}, header = {0}, body = {0};

	put_header_numbers(&header, version);
	if (version >= 5)
		put_new_names(&header, wide);
	else
		put_old_names(&header);
	buffer_u16(&body, version);
	if (version >= 5)
		buffer_bytes(&body, "\10\0", 2);
	if (wide)
		buffer_u64(&body, header.size);
	else
		buffer_u32(&body, header.size);
	buffer_bytes(&body, header.data, header.size);
	put_program(&body);
	buffer_bytes(&table, "padding", 7);
	if (wide) {
		buffer_u32(&table, 0xffffffff);
		buffer_u64(&table, body.size);
	} else {
		buffer_u32(&table, body.size);
	}
	buffer_bytes(&table, body.data, body.size);
	buffer_free(&header);
	buffer_free(&body);
	return table;
}

static int read_table(struct line_table *table, const void *data, size_t size)
{
	struct line_sections sections = {
		{data, size}, {(const uint8_t *)line_str, sizeof line_str}, {NULL, 0}};
	struct error err = ERROR_INIT;

	return line_table_read(table, &sections, 7, &err);
}

static void check_name(const struct line_table *table, uint32_t file, const char *wanted)
{
	char *name = line_table_file(table, file, "/build");

	cr_assert_not_null(name);
	cr_assert_str_eq(name, wanted);
	free(name);
}

static void check_place(const struct line_table *table, uint64_t address, uint32_t wanted_file,
	uint32_t wanted_line)
{
	uint32_t file = 0, line = 0;
	int found = line_table_find(table, address, &file, &line);

	if (!wanted_line)
		cr_assert_eq(found, -1, "0x%lx: %u:%u", address, file, line);
	else
		cr_assert(!found && file == wanted_file && line == wanted_line, "0x%lx: %u:%u",
			address, file, line);
}

static void check_table(unsigned version, bool wide)
{
	struct buffer bytes = make_table(version, wide);
	struct line_table table;

	cr_assert_eq(read_table(&table, bytes.data, bytes.size), 0);
	cr_assert_eq(table.version, version);
	cr_assert_eq(table.sequences.count, 2);
	check_place(&table, 0xfff, 0, 0);
	check_place(&table, 0x1000, 3, 100);
	check_place(&table, 0x1007, 3, 100);
	check_place(&table, 0x1008, 3, 99);
	check_place(&table, 0x1018, 3, 99);
	check_place(&table, 0x101f, 3, 99);
	check_place(&table, 0x1020, 0, 0);
	check_place(&table, 0x1fff, 0, 0);
	check_place(&table, 0x2003, 1, 10);
	check_place(&table, 0x2004, 2, 8);
	check_place(&table, 0x200f, 2, 8);
	check_place(&table, 0x2010, 0, 0);
	check_place(&table, 4, 0, 0);
	check_name(&table, 1, "/build/a.c");
	check_name(&table, 2, "/build/inc/b.h");
	check_name(&table, 3, "/usr/include/c.h");
	check_name(&table, 4, "/abs/d.h");
	cr_assert_null(line_table_file(&table, 5, "/build"));
	cr_assert_null(line_table_file(&table, UINT32_MAX, "/build"));
	if (version >= 5)
		check_name(&table, 0, "/build/a.c");
	else
		cr_assert_null(line_table_file(&table, 0, "/build"));
	line_table_free(&table);
	buffer_free(&bytes);
}

Test(dwarf_line, all_versions)
{
	for (unsigned version = 2; version <= 5; version++) {
		check_table(version, false);
		check_table(version, true);
	}
}

Test(dwarf_line, other_versions_are_refused)
{
	struct buffer bytes = make_table(4, false);
	struct line_table table;

	bytes.data[7 + 4] = 6;
	cr_assert_eq(read_table(&table, bytes.data, bytes.size), -1);
	bytes.data[7 + 4] = 1;
	cr_assert_eq(read_table(&table, bytes.data, bytes.size), -1);
	buffer_free(&bytes);
}

/* Copies to a block of just that size, so that a sanitizer sees a byte too far. */
static void try_bytes(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct line_table table;
	uint32_t file, line;

	memcpy(copy, data, size);
	if (!read_table(&table, copy, size)) {
		for (uint32_t i = 0; i < 8; i++)
			free(line_table_file(&table, i, "/build"));
		for (uint64_t at = 0xff0; at < 0x2020; at++)
			line_table_find(&table, at, &file, &line);
		line_table_free(&table);
	}
	free(copy);
}

Test(dwarf_line, cut_tables_do_no_harm)
{
	for (unsigned version = 2; version <= 5; version++) {
		struct buffer bytes = make_table(version, false);

		for (size_t size = 0; size < bytes.size; size++)
			try_bytes(bytes.data, size);
		buffer_free(&bytes);
	}
}

Test(dwarf_line, any_byte_may_lie)
{
	static const uint8_t lies[] = {0, 1, 0x7f, 0x80, 0xff};

	for (unsigned version = 4; version <= 5; version++) {
		struct buffer bytes = make_table(version, false);

		for (size_t at = 7; at < bytes.size; at++)
			for (size_t k = 0; k < sizeof lies; k++) {
				uint8_t truth = bytes.data[at];

				bytes.data[at] = lies[k];
				try_bytes(bytes.data, bytes.size);
				bytes.data[at] = truth;
			}
		buffer_free(&bytes);
	}
}

/* A sanitizer ends the test where that is undefined. */
Test(dwarf_line, lines_wrap_round)
{
	static const uint8_t largest[] = {
		DW_LNS_advance_line, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
	struct buffer header = {0}, body = {0}, table = {0};
	struct line_table read;

	put_header_numbers(&header, 4);
	put_old_names(&header);
	buffer_u16(&body, 4);
	buffer_u32(&body, header.size);
	buffer_bytes(&body, header.data, header.size);
	put_address(&body, 0x1000);
	buffer_bytes(&body, largest, sizeof largest);
	buffer_bytes(&body, largest, sizeof largest);
	buffer_u8(&body, DW_LNS_copy);
	put_end(&body, 16);
	buffer_bytes(&table, "padding", 7);
	buffer_u32(&table, body.size);
	buffer_bytes(&table, body.data, body.size);
	cr_assert_eq(read_table(&read, table.data, table.size), 0);
	check_place(&read, 0x1000, 1, UINT32_MAX);
	line_table_free(&read);
	buffer_free(&header);
	buffer_free(&body);
	buffer_free(&table);
}

Test(dwarf_line, entries_without_fields_cannot_be_many)
{
	struct buffer header = {0}, table = {0};
	struct line_table read;

	put_header_numbers(&header, 5);
	buffer_u8(&header, 0);		    /* directories of no fields */
	buffer_varint(&header, 1ull << 40); /* and so many of them */
	buffer_bytes(&table, "padding", 7);
	buffer_u32(&table, 2 + 2 + 4 + header.size);
	buffer_u16(&table, 5);
	buffer_bytes(&table, "\10\0", 2);
	buffer_u32(&table, header.size);
	buffer_bytes(&table, header.data, header.size);
	cr_assert_eq(read_table(&read, table.data, table.size), -1);
	buffer_free(&header);
	buffer_free(&table);
}
