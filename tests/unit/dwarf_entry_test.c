/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries read by ourselves and by libdwarf are the same: every function of programs of all
 * versions, and every one that was inlined. */
#include <criterion/criterion.h>
#include <libdwarf/dwarf.h>
#include <stdio.h>
#include <string.h>
#include "symbol/dwarf_die.h"
#include "symbol/dwarf_file.h"
#include "symbol/dwarf_object.h"
#include "toolchain.h"

TestSuite(dwarf_entry, .init = toolchain_begin, .fini = toolchain_end, .timeout = 120);

#define ALL (ENTRY_NAME | ENTRY_ORIGIN | ENTRY_CODE | ENTRY_CALL)

struct comparison {
	struct dwarf_file *file;
	struct dwarf_part part;
	unsigned functions, inlined, origins, names;
};

static void same_text(const struct entry_text *a, const struct entry_text *b, uint64_t offset)
{
	cr_assert_eq(!a->text, !b->text, "0x%lx: %s, %s", offset, a->text, b->text);
	if (a->text)
		cr_assert_str_eq(a->text, b->text);
	cr_assert_eq(a->elsewhere, b->elsewhere);
	if (a->elsewhere)
		cr_assert_eq(a->offset, b->offset);
}

/* Addresses, since libdwarf looks those up that are numbers. */
static void same_code(const struct dwarf_unit *unit, const struct entry *a, const struct entry *b)
{
	struct intervals left = {0}, right = {0};

	extent_add(&unit->ranges, &a->extent, &left, 1);
	extent_add(&unit->ranges, &b->extent, &right, 1);
	cr_assert_eq(left.list.count, right.list.count);
	for (size_t i = 0; i < left.list.count; i++)
		cr_assert_eq(
			memcmp(&left.list.items[i], &right.list.items[i], sizeof *left.list.items),
			0);
	intervals_free(&left);
	intervals_free(&right);
}

static enum walk_next compare(void *data, const struct walk_entry *at)
{
	struct comparison *comparison = data;
	struct dwarf_file *file = comparison->file;
	struct entry ours, theirs;

	if (at->tag != DW_TAG_subprogram && at->tag != DW_TAG_inlined_subroutine)
		return WALK_IN;
	cr_assert(dwarf_part_entry(&comparison->part, at->offset, ALL, &ours));
	cr_assert(die_entry(file->debug, at->offset, ALL, &theirs));
	same_text(&ours.linkage_name, &theirs.linkage_name, at->offset);
	/* Of libdwarf the plain name is asked only where it is needed. */
	if (!ours.linkage_name.text)
		same_text(&ours.name, &theirs.name, at->offset);
	cr_assert_eq(ours.origin.kind, theirs.origin.kind, "0x%lx", at->offset);
	if (ours.origin.kind)
		cr_assert_eq(ours.origin.offset, theirs.origin.offset);
	cr_assert_eq(ours.call_file, theirs.call_file);
	cr_assert_eq(ours.call_line, theirs.call_line);
	same_code(&file->units.items[0], &ours, &theirs);
	comparison->functions += at->tag == DW_TAG_subprogram;
	comparison->inlined += at->tag == DW_TAG_inlined_subroutine;
	comparison->origins += ours.origin.kind == REFERENCE_HERE;
	comparison->names += ours.name.text || ours.linkage_name.text;
	return WALK_IN;
}

static void check(const char *compiler, const char *flags)
{
	struct error err = ERROR_INIT;
	const struct companion_search search = {0};
	struct strings *strings = strings_new();
	struct comparison comparison = {0};
	struct entry_sections sections = {0};
	struct walk_unit entries;
	struct elf *elf;

	toolchain_chain_cc("cc", compiler, flags);
	elf = elf_open("cc", &err);
	comparison.file = dwarf_file_open(elf, &search, strings, &err);
	cr_assert_not_null(comparison.file, "%s", err.text);
	sections.info = dwarf_section_bytes(elf, ".debug_info");
	sections.abbrev = dwarf_section_bytes(elf, ".debug_abbrev");
	sections.str = dwarf_section_bytes(elf, ".debug_str");
	sections.line_str = dwarf_section_bytes(elf, ".debug_line_str");
	sections.str_offsets = dwarf_section_bytes(elf, ".debug_str_offsets");
	dwarf_part_read(&comparison.part, &sections);
	cr_assert_eq(comparison.file->units.count, 1);
	entries = dwarf_unit_entries(comparison.file, &comparison.file->units.items[0]);
	cr_assert(dwarf_walk(&entries, comparison.file->units.items[0].die, compare, &comparison));
	cr_assert_gt(comparison.functions, 2);
	cr_assert_gt(comparison.inlined, 1);
	cr_assert_gt(comparison.origins, 2);
	cr_assert_gt(comparison.names, 3);
	dwarf_part_free(&comparison.part);
	dwarf_file_close(comparison.file);
	elf_close(elf);
	strings_free(strings);
}

Test(dwarf_entry, ours_are_those_of_libdwarf)
{
	static const char *const flags[] = {"-gdwarf-2", "-gdwarf-3", "-gdwarf-4", "-gdwarf-5",
		"-gdwarf-4 -gdwarf64", "-gdwarf-5 -gdwarf64", "-gdwarf-4 -gstrict-dwarf",
		"-gdwarf-4 -O1 -fno-inline-small-functions"};

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		check("g++", flags[i]);
		if (toolchain_has("clang++") && !strstr(flags[i], "fno"))
			check("clang++", flags[i]);
	}
}
