/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libdwarf's view of a file: an object of our own in place of its reader of ELF. The sections'
 * bytes lie in the mapping or were inflated by elf.c, so nothing is copied and libdwarf never opens
 * a file. It is shown only the sections that it needs for units and entries: of lists of ranges and
 * locations it would look at the headers, and some corrupt ones are the death of it.
 */
#include <string.h>
#include "symbol/dwarf_object.h"
#include "symbol/elf.h"

#define SECTIONS_MAX 65535 /* libdwarf counts them in 16 bits */

/* What libdwarf is shown. */
static bool is_shown(const struct elf_section *section)
{
	static const char *const names[] = {".debug_info", ".debug_abbrev", ".debug_str",
		".debug_line_str", ".debug_str_offsets", ".debug_addr"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (section->stored && !strcmp(section->name, names[i]))
			return true;
	return false;
}

static int access_section(void *object, Dwarf_Half index, Dwarf_Obj_Access_Section *out, int *error)
{
	const struct elf *elf = object;
	const struct elf_section *section;

	(void)error;
	if (index >= elf->n_sections)
		return DW_DLV_NO_ENTRY;
	section = &elf->sections[index];
	memset(out, 0, sizeof *out);
	out->addr = section->address;
	out->type = section->type;
	out->name = "";
	if (is_shown(section)) {
		out->name = section->name;
		out->size = section->size;
	}
	return DW_DLV_OK;
}

static Dwarf_Endianness access_order(void *object)
{
	(void)object;
	return DW_OBJECT_LSB;
}

static Dwarf_Small access_offset_size(void *object)
{
	(void)object;
	return 4;
}

static Dwarf_Small access_pointer_size(void *object)
{
	(void)object;
	return 8;
}

static Dwarf_Unsigned access_count(void *object)
{
	const struct elf *elf = object;

	return elf->n_sections < SECTIONS_MAX ? elf->n_sections : SECTIONS_MAX;
}

static int access_load(void *object, Dwarf_Half index, Dwarf_Small **data, int *error)
{
	struct elf *elf = object;
	struct error err = ERROR_INIT;

	if (index >= elf->n_sections || !elf->sections[index].stored)
		return DW_DLV_NO_ENTRY;
	*data = (Dwarf_Small *)elf_section_data(elf, &elf->sections[index], &err);
	if (*data)
		return DW_DLV_OK;
	*error = DW_DLE_MDE;
	return DW_DLV_ERROR;
}

const Dwarf_Obj_Access_Methods dwarf_object_methods = {
	.get_section_info = access_section,
	.get_byte_order = access_order,
	.get_length_size = access_offset_size,
	.get_pointer_size = access_pointer_size,
	.get_section_count = access_count,
	.load_section = access_load,
};
