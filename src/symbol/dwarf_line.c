/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line-number program, run by ourselves rather than by libdwarf for three reasons: its release
 * 20210528 starts DWARF 5 tables with file 0 in place of 1; it keeps some 100 bytes a row where 12
 * do; and this is the part of debug information that is easiest to read without trusting it.
 *
 * Rows go to sequences; a sequence is kept when it covers something, and they are sorted by their
 * ends. Rows inside of one ascend by the standard; a row that goes back is taken as it is, like
 * llvm-symbolizer does, and only makes its neighbours harder to find. Of several rows at one
 * address the last one counts.
 *
 * Columns, discriminators, views, is_stmt and the basic-block marks are decoded past: nobody here
 * asks for them. VLIW operation indexes do not exist on x86-64. Memory is bounded by the bytes
 * read: a row takes at least one.
 */
#include <stdlib.h>
#include <string.h>
#include <libdwarf/dwarf.h>
#include "symbol/dwarf_line.h"
#include "symbol/dwarf_line_header.h"

struct machine {
	uint64_t address;
	uint32_t file, line;
	size_t first_row; /* of the sequence */
	uint64_t low;	  /* its first address */
};

static void start_sequence(struct machine *machine, const struct line_table *table)
{
	*machine = (struct machine){.file = 1, .line = 1, .first_row = table->rows.count};
}

static void add_row(struct line_table *table, struct machine *machine)
{
	struct line_row *row;

	if (table->rows.count == machine->first_row)
		machine->low = machine->address;
	/* A sequence of over 4 GiB does not exist; such an address is an invention of corrupt
	 * bytes. */
	if (machine->address - machine->low > UINT32_MAX)
		return;
	row = ARRAY_PUSH(&table->rows);
	row->offset = machine->address - machine->low;
	row->file = machine->file;
	row->line = machine->line;
}

/* Keeps the sequence when it covers something: code that the linker dropped lies at 0 or at the top
 * of memory. */
static void end_sequence(struct line_table *table, struct machine *machine)
{
	struct line_sequence *sequence;

	if (table->rows.count > machine->first_row && machine->low &&
		machine->low < UINT64_MAX - 1 && machine->address > machine->low) {
		sequence = ARRAY_PUSH(&table->sequences);
		sequence->low = machine->low;
		sequence->high = machine->address;
		sequence->first_row = machine->first_row;
		sequence->n_rows = table->rows.count - machine->first_row;
	} else {
		table->rows.count = machine->first_row;
	}
	start_sequence(machine, table);
}

static void run_extended(struct line_table *table, struct machine *machine, struct cursor *program)
{
	size_t length = cursor_varint(program);
	const void *bytes = cursor_bytes(program, length);
	struct cursor operands = cursor_over(bytes, bytes ? length : 0);
	struct line_file *file;

	if (!length)
		return;
	switch (cursor_u8(&operands)) {
	case DW_LNE_end_sequence:
		end_sequence(table, machine);
		break;
	case DW_LNE_set_address:
		machine->address = length == 5 ? cursor_u32(&operands) : cursor_u64(&operands);
		break;
	case DW_LNE_define_file:
		file = ARRAY_PUSH(&table->files);
		file->name = line_text(&operands);
		file->directory = cursor_varint(&operands);
		break;
	default: /* discriminators and what vendors add: its length says how much to skip */
		break;
	}
}

static void run_standard(struct line_table *table, const struct line_header *header,
	struct machine *machine, struct cursor *program, uint8_t opcode)
{
	switch (opcode) {
	case DW_LNS_copy:
		add_row(table, machine);
		break;
	case DW_LNS_advance_pc:
		machine->address += cursor_varint(program) * header->min_instruction;
		break;
	case DW_LNS_advance_line:
		machine->line += (uint32_t)cursor_sleb(program); /* it may wrap round */
		break;
	case DW_LNS_set_file:
		machine->file = cursor_varint(program);
		break;
	case DW_LNS_const_add_pc:
		if (header->line_range)
			machine->address += (255 - header->opcode_base) / header->line_range *
					    header->min_instruction;
		break;
	case DW_LNS_fixed_advance_pc:
		machine->address += cursor_u16(program);
		break;
	case DW_LNS_set_column:
	case DW_LNS_set_isa:
		cursor_varint(program);
		break;
	case DW_LNS_negate_stmt:
	case DW_LNS_set_basic_block:
	case DW_LNS_set_prologue_end:
	case DW_LNS_set_epilogue_begin:
		break;
	default:
		for (uint8_t i = 0; i < header->operands[opcode]; i++)
			cursor_varint(program);
	}
}

static void run_program(struct line_table *table, struct line_header *header)
{
	struct cursor *program = &header->program;
	struct machine machine;

	start_sequence(&machine, table);
	while (cursor_ok(program) && cursor_left(program)) {
		uint8_t opcode = cursor_u8(program);

		if (opcode >= header->opcode_base) {
			uint8_t adjusted = opcode - header->opcode_base;

			if (!header->line_range)
				break;
			machine.address += adjusted / header->line_range * header->min_instruction;
			machine.line += header->line_base + adjusted % header->line_range;
			add_row(table, &machine);
		} else if (!opcode) {
			run_extended(table, &machine, program);
		} else {
			run_standard(table, header, &machine, program, opcode);
		}
	}
	table->rows.count = machine.first_row; /* rows without an end cover nothing */
}

static int by_high(const void *left, const void *right)
{
	const struct line_sequence *a = left, *b = right;

	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return a->first_row < b->first_row ? -1 : a->first_row > b->first_row;
}

int line_table_read(struct line_table *table, const struct line_sections *sections, uint64_t offset,
	struct error *err)
{
	struct line_header header = {0};

	memset(table, 0, sizeof *table);
	if (line_header_read(table, &header, sections, offset, err)) {
		line_table_free(table);
		return -1;
	}
	run_program(table, &header);
	if (table->rows.count)
		table->rows.items = xreallocarray(
			table->rows.items, table->rows.count, sizeof *table->rows.items);
	table->rows.capacity = table->rows.count;
	if (table->sequences.count)
		qsort(table->sequences.items, table->sequences.count,
			sizeof *table->sequences.items, by_high);
	return 0;
}

void line_table_free(struct line_table *table)
{
	ARRAY_FREE(&table->rows);
	ARRAY_FREE(&table->sequences);
	ARRAY_FREE(&table->directories);
	ARRAY_FREE(&table->files);
}

/* The first sequence that ends behind ADDRESS, if it holds it. */
static const struct line_sequence *find_sequence(const struct line_table *table, uint64_t address)
{
	size_t low = 0, high = table->sequences.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->sequences.items[middle].high <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == table->sequences.count || address < table->sequences.items[low].low)
		return NULL;
	return &table->sequences.items[low];
}

int line_table_find(
	const struct line_table *table, uint64_t address, uint32_t *file, uint32_t *line)
{
	const struct line_sequence *sequence = find_sequence(table, address);
	const struct line_row *rows;
	size_t low = 1, high;

	if (!sequence)
		return -1;
	rows = &table->rows.items[sequence->first_row];
	high = sequence->n_rows;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows[middle].offset <= address - sequence->low)
			low = middle + 1;
		else
			high = middle;
	}
	*file = rows[low - 1].file;
	*line = rows[low - 1].line;
	return 0;
}

/* FIRST/SECOND with one slash between; an empty FIRST leaves SECOND alone. Frees FIRST. */
static char *join(char *first, const char *second)
{
	size_t length = strlen(first);
	char *joined =
		xasprintf("%s%s%s", first, length && first[length - 1] != '/' ? "/" : "", second);

	free(first);
	return joined;
}

char *line_table_file(const struct line_table *table, uint32_t file, const char *comp_dir)
{
	const struct line_file *entry =
		file < table->files.count ? &table->files.items[file] : NULL;
	const char *directory = NULL;
	char *path;

	if (!entry || !entry->name)
		return NULL;
	if (entry->name[0] == '/')
		return xstrdup(entry->name);
	if (entry->directory < table->directories.count)
		directory = table->directories.items[entry->directory];
	if (!directory)
		directory = "";
	/* In version 5 directory 0 is the compilation directory itself, and relative where builders
	 * mapped it (glibc's is "./libio"). addr2line and llvm-symbolizer then name it twice; who
	 * compares names wants the same here. */
	path = xstrdup(directory[0] != '/' && comp_dir ? comp_dir : "");
	if (*directory)
		path = join(path, directory);
	return join(path, entry->name);
}
