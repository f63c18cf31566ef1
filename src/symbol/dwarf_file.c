/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file's debug information.
 *
 * Opening walks over the units and reads nothing but the unit entries' addresses: 1 to 5 ms for
 * 2000 units. .debug_aranges is used only where an entry cannot say it
 * (DWARF 2 to the letter): clang writes none. The first address in a unit decodes
 * its line table (dwarf_line.c) and finds its functions (dwarf_func.c); units that nobody asks for
 * cost nothing.
 *
 *      address -> unit -> row: file, line of the innermost level
 *                    \--> function -> innermost inlined one -> ... up; each gives the place of the
 * level around it
 *
 * This is what llvm-symbolizer does, so that its answers are the measure. Of a split unit this file
 * has the lines, and another its functions (dwarf_split.c); names and strings may lie in an
 * alternate file (dwarf_alternate.c). What of those is missing is told by dwarf_file_lack.
 */
#include <stdlib.h>
#include <string.h>
#include "symbol/dwarf_file.h"
#include "symbol/dwarf_func.h"
#include "symbol/dwarf_object.h"

#define FILENAME_UNREAD UINT32_MAX

/* ---- units ---- */

static const char *read_text(struct dwarf_file *file, Dwarf_Die die, Dwarf_Half attribute)
{
	struct entry_text text = die_text(file->debug, die, attribute);

	return dwarf_alternate_text(&file->alternate, &text);
}

static uint64_t read_number(struct dwarf_file *file, Dwarf_Die die, Dwarf_Half attribute)
{
	uint64_t number;

	return die_number(file->debug, die, attribute, &number) ? number : 0;
}

/* ID is what the unit's header says, from DWARF 5 on. */
static void read_link(struct dwarf_file *file, Dwarf_Die die, uint64_t id, struct split_link *link)
{
	link->name = read_text(file, die, DW_AT_dwo_name);
	link->id = id;
	if (!link->name) {
		link->name = read_text(file, die, DW_AT_GNU_dwo_name);
		link->id = read_number(file, die, DW_AT_GNU_dwo_id);
		link->ranges_base = read_number(file, die, DW_AT_GNU_ranges_base);
	}
	link->comp_dir = read_text(file, die, DW_AT_comp_dir);
	if (!link->id || (link->name && !*link->name))
		link->name = NULL;
}

static void read_range_context(struct dwarf_file *file, Dwarf_Die die, struct range_context *ranges)
{
	Dwarf_Error error = NULL;
	Dwarf_Addr low = 0;

	ranges->sections = &file->range_sections;
	if (die_ok(file->debug, dwarf_lowpc(die, &low, &error), &error))
		ranges->base = low;
	ranges->lists_base = read_number(file, die, DW_AT_rnglists_base);
	if (!die_number(file->debug, die, DW_AT_addr_base, &ranges->addr_base))
		ranges->addr_base = read_number(file, die, DW_AT_GNU_addr_base);
}

/* BASIS has what the unit's header says. */
static void add_unit(struct dwarf_file *file, Dwarf_Die die, const struct dwarf_unit *basis)
{
	uint32_t index = file->units.count;
	struct dwarf_unit *unit;
	struct extent extent;
	Dwarf_Half tag = die_tag(file->debug, die);

	if (tag != DW_TAG_compile_unit && tag != DW_TAG_skeleton_unit)
		return; /* types, and parts shared by other units: no code */
	unit = ARRAY_PUSH(&file->units);
	*unit = *basis;
	unit->die = die_offset(file->debug, die);
	read_range_context(file, die, &unit->ranges);
	read_link(file, die, basis->link.id, &unit->link);
	unit->has_lines = die_number(file->debug, die, DW_AT_stmt_list, &unit->lines_at);
	extent = die_extent(file->debug, die);
	extent_add(&unit->ranges, &extent, &file->unit_at, index);
	if (extent.kind != EXTENT_LIST && unit->ranges.version < 3) {
		struct line_section aranges = dwarf_section_bytes(file->elf, ".debug_aranges");

		aranges_add(&aranges, unit->start, &file->unit_at, index);
	}
}

/* Reads the next unit; false at the end, or where the headers stop making sense. */
static bool read_unit(struct dwarf_file *file, uint64_t *at)
{
	Dwarf_Unsigned length, type_offset, next;
	Dwarf_Half version, address_size, offset_size, extension_size, type;
	Dwarf_Off abbreviations;
	Dwarf_Sig8 signature = {0};
	Dwarf_Error error = NULL;
	struct dwarf_unit basis = {0};
	Dwarf_Die die;
	int result = dwarf_next_cu_header_d(file->debug, 1, &length, &version, &abbreviations,
		&address_size, &offset_size, &extension_size, &signature, &type_offset, &next,
		&type, &error);

	if (!die_ok(file->debug, result, &error)) {
		file->corrupt |= result == DW_DLV_ERROR;
		return false;
	}
	basis.start = *at;
	basis.end = *at = next;
	basis.abbreviations_at = abbreviations;
	basis.ranges.version = version;
	basis.ranges.wide = offset_size == 8;
	if (type == DW_UT_skeleton)
		memcpy(&basis.link.id, &signature, sizeof signature);
	if (die_ok(file->debug, dwarf_siblingof_b(file->debug, NULL, 1, &die, &error), &error)) {
		add_unit(file, die, &basis);
		die_free(die);
	}
	return true;
}

static void read_units(struct dwarf_file *file)
{
	uint64_t at = 0;

	while (read_unit(file, &at))
		if (file->elf->progress)
			file->elf->progress(file->elf->progress_data);
	intervals_cut(&file->unit_at);
}

struct walk_unit dwarf_unit_entries(struct dwarf_file *file, const struct dwarf_unit *unit)
{
	struct walk_unit entries = {.info = &file->info,
		.start = unit->start,
		.end = unit->end,
		.sizes = {unit->ranges.version, unit->ranges.wide}};

	entries.abbreviations = abbreviation_tables_at(
		&file->abbreviations, &file->abbrev, unit->abbreviations_at, &entries.sizes);
	return entries;
}

struct dwarf_part *dwarf_file_part(struct dwarf_file *file)
{
	struct entry_sections sections = {.info = file->info, .abbrev = file->abbrev};

	if (!file->part.units.count)
		dwarf_part_read(&file->part, &sections);
	return &file->part;
}

void dwarf_file_forgo_cleanup(void)
{
	dwarf_set_de_alloc_flag(0);
}

struct dwarf_file *dwarf_file_open(struct elf *elf, const struct companion_search *search,
	struct strings *strings, struct error *err)
{
	struct elf_section *info = elf_section(elf, ".debug_info");
	struct dwarf_file *file;
	Dwarf_Error error = NULL;

	if (!info) {
		error_set(err, "it has no debug information");
		return NULL;
	}
	if (!elf_section_data(elf, info, err))
		return NULL;
	file = xcalloc(1, sizeof *file);
	file->elf = elf;
	file->strings = strings;
	file->names = (struct map)MAP_INIT(uint64_t);
	file->splits.search = file->alternate.search = search;
	file->splits.of = file->alternate.of = elf;
	file->access = (Dwarf_Obj_Access_Interface){elf, &dwarf_object_methods};
	if (dwarf_object_init_b(&file->access, NULL, NULL, DW_GROUPNUMBER_ANY, &file->debug,
		    &error) != DW_DLV_OK) {
		error_set(err, "its debug information is corrupt: %s",
			error ? dwarf_errmsg(error) : "libdwarf finds none");
		if (error)
			dwarf_dealloc(NULL, error, DW_DLA_ERROR);
		free(file);
		return NULL;
	}
	file->info = dwarf_section_bytes(elf, ".debug_info");
	file->abbrev = dwarf_section_bytes(elf, ".debug_abbrev");
	file->sections.line = dwarf_section_bytes(elf, ".debug_line");
	file->sections.line_str = dwarf_section_bytes(elf, ".debug_line_str");
	file->sections.str = dwarf_section_bytes(elf, ".debug_str");
	file->range_sections.ranges = dwarf_section_bytes(elf, ".debug_ranges");
	file->range_sections.rnglists = dwarf_section_bytes(elf, ".debug_rnglists");
	file->range_sections.addr = dwarf_section_bytes(elf, ".debug_addr");
	read_units(file);
	return file;
}

void dwarf_file_close(struct dwarf_file *file)
{
	Dwarf_Error error = NULL;

	if (!file)
		return;
	for (size_t i = 0; i < file->units.count; i++) {
		struct dwarf_unit *unit = &file->units.items[i];

		line_table_free(&unit->lines);
		free(unit->filenames);
		dwarf_unit_functions_free(unit);
		split_unit_free(unit->split);
	}
	ARRAY_FREE(&file->units);
	intervals_free(&file->unit_at);
	map_free(&file->names);
	abbreviation_tables_free(&file->abbreviations);
	dwarf_splits_free(&file->splits);
	dwarf_alternate_free(&file->alternate);
	dwarf_part_free(&file->part);
	dwarf_object_finish(file->debug, &error);
	free(file);
}

/* ---- look-up ---- */

static void read_lines(struct dwarf_file *file, struct dwarf_unit *unit)
{
	struct error err = ERROR_INIT;

	if (unit->lines_read)
		return;
	unit->lines_read = true;
	if (!unit->has_lines)
		return;
	if (line_table_read(&unit->lines, &file->sections, unit->lines_at, &err))
		file->corrupt = true;
	unit->filenames = xreallocarray(NULL, unit->lines.files.count + 1, sizeof *unit->filenames);
	for (size_t i = 0; i < unit->lines.files.count; i++)
		unit->filenames[i] = FILENAME_UNREAD;
}

/* Puts file and line of a level; a line without a file is worth nothing. */
static void set_place(struct dwarf_file *file, struct dwarf_unit *unit, struct level *level,
	uint32_t number, uint32_t line)
{
	string_id *name;
	char *path;

	if (number >= unit->lines.files.count)
		return;
	name = &unit->filenames[number];
	if (*name == FILENAME_UNREAD) {
		path = line_table_file(&unit->lines, number, unit->link.comp_dir);
		*name = path ? strings_add(file->strings, path) : 0;
		free(path);
	}
	level->filename = *name;
	level->lineno = *name ? line : 0;
}

size_t dwarf_file_lookup(
	struct dwarf_file *file, uint64_t address, struct level *levels, size_t max)
{
	uint32_t index = intervals_find(&file->unit_at, address), at, number, line;
	struct dwarf_function *function;
	struct dwarf_unit *unit;
	size_t count = 0;

	if (index == INTERVAL_NONE)
		return 0;
	unit = &file->units.items[index];
	read_lines(file, unit);
	dwarf_unit_functions(file, unit);
	function = dwarf_function_at(file, unit, address);
	memset(&levels[0], 0, sizeof levels[0]);
	if (!line_table_find(&unit->lines, address, &number, &line))
		set_place(file, unit, &levels[0], number, line);
	if (!function)
		return levels[0].filename ? 1 : 0;
	at = intervals_find(&function->inlined_at, address);
	while (at != INTERVAL_NONE) {
		const struct inlined *inlined = &function->inlined.items[at];

		levels[count++].function = inlined->name;
		if (count == max)
			return count;
		memset(&levels[count], 0, sizeof levels[count]);
		set_place(file, unit, &levels[count], inlined->call_file, inlined->call_line);
		at = inlined->parent;
	}
	levels[count++].function = function->name;
	return count;
}

const char *dwarf_file_lack(struct dwarf_file *file)
{
	if (file->splits.n_missing)
		error_set(&file->lack,
			"%zu of the %zu .dwo files that were needed cannot be used, so functions "
			"inlined there are missing; the first: %s",
			file->splits.n_missing, file->splits.n_wanted, file->splits.why.text);
	else if (file->alternate.why.text[0])
		error_set(&file->lack,
			"its alternate file (dwz) cannot be used, and names in it are missing: %s",
			file->alternate.why.text);
	else if (file->corrupt)
		error_set(&file->lack, "its debug information is corrupt in places");
	return file->lack.text[0] ? file->lack.text : NULL;
}
