/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzes the reading of debug information without the file around it: line tables, abbreviations,
 * entries, functions and ranges, each directly and all of them together by looking up addresses.
 * (The file is elf_fuzz.c's.)
 *
 * Input: chunks of a section's number, a length in two bytes, and so many bytes of that section.
 * Sections behind FIRST_SPLIT are of another file: of a .dwo, or if there is an index of a package;
 * those behind FIRST_SHARED of an alternate file. There is one of each, found under any name.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "symbol/binary.h"
#include "symbol/dwarf_func.h"

#define ASKED 40 /* units of a file and functions of a unit */

enum {
	INFO,
	ABBREV,
	STR,
	LINE,
	LINE_STR,
	RANGES,
	RNGLISTS,
	ADDR,
	STR_OFFSETS,
	ARANGES,
	LINK, /* to the alternate file; of DWARF 5, SUPPLEMENT */
	SUPPLEMENT,
	FIRST_SPLIT,
	FIRST_SHARED = FIRST_SPLIT + 6,
	SECTIONS = FIRST_SHARED + 4
};

/* So that reading the answers is not optimised away. */
volatile size_t fuzz_read;

/* Every section's bytes are a block of their own, so that a sanitizer sees every byte too far. */
static void make_sections(struct elf_section *sections, const uint8_t *data, size_t size)
{
	static const char *const names[SECTIONS] = {".debug_info", ".debug_abbrev", ".debug_str",
		".debug_line", ".debug_line_str", ".debug_ranges", ".debug_rnglists", ".debug_addr",
		".debug_str_offsets", ".debug_aranges", ".gnu_debugaltlink", ".debug_sup",
		".debug_info.dwo", ".debug_abbrev.dwo", ".debug_str.dwo", ".debug_str_offsets.dwo",
		".debug_rnglists.dwo", ".debug_cu_index", ".debug_info", ".debug_abbrev",
		".debug_str", ".debug_sup"};

	for (size_t i = 0; i < SECTIONS; i++)
		sections[i] = (struct elf_section){.name = names[i], .type = SHT_PROGBITS};
	while (size > 3) {
		struct elf_section *section = &sections[data[0] % SECTIONS];
		size_t length = data[1] | (size_t)data[2] << 8;
		uint8_t *bytes;

		data += 3, size -= 3;
		if (length > size)
			length = size;
		if (length && !section->stored) {
			bytes = malloc(length);
			memcpy(bytes, data, length);
			section->stored = bytes;
			section->stored_size = section->size = length;
		}
		data += length, size -= length;
	}
}

static struct line_section bytes_of(const struct elf_section *section)
{
	return (struct line_section){section->stored, section->size};
}

static void try_lines(const struct elf_section *sections)
{
	const struct line_sections lines = {
		bytes_of(&sections[LINE]), bytes_of(&sections[LINE_STR]), bytes_of(&sections[STR])};
	struct error err = ERROR_INIT;
	struct line_table table;
	uint32_t file, line;

	if (line_table_read(&table, &lines, 0, &err) < 0)
		return;
	for (size_t i = 0; i < table.sequences.count && i < ASKED; i++) {
		const struct line_sequence *sequence = &table.sequences.items[i];

		if (line_table_find(&table, sequence->low, &file, &line) == 0)
			free(line_table_file(&table, file, "/build"));
		line_table_find(&table, sequence->high - 1, &file, &line);
		line_table_find(&table, sequence->high, &file, &line);
	}
	line_table_free(&table);
}

static void try_ranges(const struct elf_section *sections, uint16_t version)
{
	const struct range_sections ranges = {bytes_of(&sections[RANGES]),
		bytes_of(&sections[RNGLISTS]), bytes_of(&sections[ADDR])};
	const struct range_context context = {
		.sections = &ranges, .version = version, .base = 0x1000, .lists_base = 12};
	struct intervals intervals = {0};

	range_list_add(&context, 0, false, &intervals, 1);
	range_list_add(&context, 12, false, &intervals, 2);
	range_list_add(&context, 1, true, &intervals, 3);
	intervals_flatten(&intervals);
	fuzz_read += intervals_find(&intervals, 0x1004);
	intervals_free(&intervals);
}

static enum walk_next visit(void *data, const struct walk_entry *entry)
{
	size_t *visited = data;

	if (!entry->depth || entry->depth > WALK_DEPTH_MAX)
		abort();
	return ++*visited % 7 ? WALK_IN : WALK_PAST;
}

static void try_entries(const struct elf_section *sections, uint16_t version)
{
	const struct line_section info = bytes_of(&sections[INFO]);
	struct walk_unit unit = {.info = &info, .end = info.size, .sizes = {version, false}};
	struct abbreviations table;
	size_t visited = 0;

	if (!sections[ABBREV].stored)
		return;
	abbreviations_read(
		&table, cursor_over(sections[ABBREV].stored, sections[ABBREV].size), &unit.sizes);
	unit.abbreviations = &table;
	dwarf_walk(&unit, version < 5 ? 11 : 12, visit, &visited);
	abbreviations_free(&table);
}

static void ask(struct dwarf_file *file, uint64_t address)
{
	static struct level levels[CHAIN_MAX];
	size_t count = dwarf_file_lookup(file, address, levels, CHAIN_MAX);

	if (count > CHAIN_MAX)
		abort();
	for (size_t i = 0; i < count; i++)
		fuzz_read += strlen(strings_get(file->strings, levels[i].filename)) +
			     strlen(strings_get(file->strings, levels[i].function));
}

static void ask_unit(struct dwarf_file *file, const struct interval *at)
{
	const struct dwarf_unit *unit = &file->units.items[at->id];

	ask(file, at->low);
	ask(file, at->high - 1);
	for (size_t i = 0; i < unit->function_at.list.count && i < ASKED; i++) {
		const struct interval *function = &unit->function_at.list.items[i];

		for (uint64_t k = 0; k < 8; k++)
			ask(file, function->low + (function->high - function->low) / 8 * k);
	}
}

static const struct elf_section *all;

/* The file of N sections from FIRST on. */
static struct elf *make_file(size_t first, size_t n)
{
	struct elf *elf = calloc(1, sizeof *elf);

	elf->sections = calloc(n, sizeof *elf->sections);
	elf->n_sections = n;
	for (size_t i = 0; i < n; i++)
		elf->sections[i] = all[first + i];
	elf->build_id = (const uint8_t *)"ID";
	elf->build_id_size = 2;
	return elf;
}

static struct elf *open_file(const char *path, struct error *err)
{
	const char *end = strrchr(path, '.');

	if (end && !strcmp(end, ".alt"))
		return make_file(FIRST_SHARED, SECTIONS - FIRST_SHARED);
	/* The index is the last of them. */
	if (!end || strcmp(end, ".dwp") || all[FIRST_SHARED - 1].stored)
		return make_file(FIRST_SPLIT, FIRST_SHARED - FIRST_SPLIT);
	error_set(err, "there is none");
	return NULL;
}

static void try_file(struct elf *elf)
{
	const struct companion_search search = {.at = {NULL, "f"}, .program = {NULL, "f"}, .open = open_file};
	struct strings *strings = strings_new();
	struct error err = ERROR_INIT;
	struct dwarf_file *file = dwarf_file_open(elf, &search, strings, &err);

	for (size_t i = 0; file && i < file->unit_at.list.count && i < ASKED; i++)
		ask_unit(file, &file->unit_at.list.items[i]);
	if (file && dwarf_file_lack(file))
		fuzz_read += strlen(dwarf_file_lack(file));
	dwarf_file_close(file);
	strings_free(strings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_section sections[SECTIONS];
	struct elf elf = {.sections = sections, .n_sections = FIRST_SPLIT};

	make_sections(sections, data, size);
	all = sections;
	try_lines(sections);
	for (uint16_t version = 2; version <= 5; version++) {
		try_ranges(sections, version);
		try_entries(sections, version);
	}
	try_file(&elf);
	for (size_t i = 0; i < SECTIONS; i++)
		free((void *)sections[i].stored);
	return 0;
}
