/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index of a package, made by hand: both versions, and what is wrong with it. */
#include <criterion/criterion.h>
#include <elf.h>
#include <string.h>
#include "base/bytes.h"
#include "symbol/dwarf_package.h"

enum { INDEX, INFO, ABBREV, RNGLISTS, SECTIONS };

static struct elf_section sections[SECTIONS] = {{.name = ".debug_cu_index"},
	{.name = ".debug_info.dwo"}, {.name = ".debug_abbrev.dwo"},
	{.name = ".debug_rnglists.dwo"}};
static struct elf file = {.sections = sections, .n_sections = SECTIONS};

static void set_section(int which, const void *data, size_t size)
{
	sections[which].type = SHT_PROGBITS;
	sections[which].stored = data;
	sections[which].stored_size = sections[which].size = size;
}

static void put(struct buffer *index, size_t n, const uint32_t *numbers)
{
	while (n--)
		buffer_u32(index, *numbers++);
}

#define PUT(index, ...) put(index, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

/* Two units of three sections; the second one's pieces are OFFSET and SIZE of .debug_info. */
static struct buffer make_index(uint32_t version, uint32_t offset, uint32_t size)
{
	struct buffer index = {0};

	PUT(&index, version, 3, 2, 4);
	buffer_u64(&index, 0);
	buffer_u64(&index, 0x1111);
	buffer_u64(&index, 0x2222);
	buffer_u64(&index, 0x3333);
	PUT(&index, 0, 1, 2, 9); /* rows, of which one is not there */
	PUT(&index, 1, 3, 8);	 /* .debug_info, .debug_abbrev, .debug_rnglists or macros */
	PUT(&index, 0, 0, 0, offset, 2, 1);
	PUT(&index, 4, 2, 1, size, 3, 2);
	set_section(INDEX, index.data, index.size);
	set_section(INFO, "infoINFO", 8);
	set_section(ABBREV, "abABC", 5);
	set_section(RNGLISTS, "rRR", 3);
	return index;
}

static struct dwarf_package *open_package(void)
{
	struct error err = ERROR_INIT;
	struct dwarf_package *package = dwarf_package_open(&file, &err);

	cr_assert_not_null(package, "%s", err.text);
	return package;
}

static void is_bytes(const struct line_section *section, const char *wanted)
{
	cr_assert_eq(section->size, strlen(wanted), "%zu for %s", section->size, wanted);
	if (*wanted)
		cr_assert_eq(memcmp(section->data, wanted, strlen(wanted)), 0);
}

Test(dwarf_package, cuts_what_is_a_units)
{
	struct buffer index = make_index(5, 4, 4);
	struct dwarf_package *package = open_package();
	struct split_sections found;

	cr_assert(dwarf_package_find(package, 0x1111, &found));
	is_bytes(&found.entries.info, "info");
	is_bytes(&found.entries.abbrev, "ab");
	is_bytes(&found.rnglists, "r");
	is_bytes(&found.entries.str_offsets, "");
	cr_assert(dwarf_package_find(package, 0x2222, &found));
	is_bytes(&found.entries.info, "INFO");
	is_bytes(&found.entries.abbrev, "ABC");
	is_bytes(&found.rnglists, "RR");
	cr_assert_not(dwarf_package_find(package, 0x3333, &found), "its row is not there");
	cr_assert_not(dwarf_package_find(package, 0, &found), "an empty slot");
	cr_assert_not(dwarf_package_find(package, 0x4444, &found));
	dwarf_package_close(package);
	buffer_free(&index);
}

Test(dwarf_package, number_8_is_another_section_in_version_2)
{
	struct buffer index = make_index(2, 4, 4);
	struct dwarf_package *package = open_package();
	struct split_sections found;

	cr_assert(dwarf_package_find(package, 0x2222, &found));
	is_bytes(&found.entries.info, "INFO");
	is_bytes(&found.rnglists, "");
	dwarf_package_close(package);
	buffer_free(&index);
}

Test(dwarf_package, pieces_outside_are_nothing)
{
	static const uint32_t bad[][2] = {
		{5, 4}, {9, 0}, {4, 0xffffffff}, {0xffffffff, 1}, {0xffffffff, 0xffffffff}};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buffer index = make_index(5, bad[i][0], bad[i][1]);
		struct dwarf_package *package = open_package();
		struct split_sections found;

		cr_assert(dwarf_package_find(package, 0x2222, &found));
		is_bytes(&found.entries.info, "");
		is_bytes(&found.entries.abbrev, "ABC");
		dwarf_package_close(package);
		buffer_free(&index);
	}
}

static void check_refused(const char *why)
{
	struct error err = ERROR_INIT;

	cr_assert_null(dwarf_package_open(&file, &err));
	cr_assert_str_eq(err.text, why);
}

Test(dwarf_package, corrupt_ones_are_refused)
{
	static const char corrupt[] = "its index is corrupt, or of an unknown version";
	struct buffer index = make_index(5, 4, 4);

	for (size_t cut = 1; cut <= index.size; cut++) {
		set_section(INDEX, cut < index.size ? index.data : NULL, index.size - cut);
		check_refused(cut < index.size ? corrupt : "it is no package of split units");
	}
	buffer_free(&index);
	for (uint32_t version = 0; version < 8; version++) {
		index = make_index(version, 4, 4);
		if (version != 2 && version != 5)
			check_refused(corrupt);
		buffer_free(&index);
	}
	/* Numbers whose product is small again in 32 or 64 bits. */
	for (size_t at = 4; at < 16; at += 4)
		for (uint32_t n = 0; n < 3; n++) {
			static const uint32_t numbers[] = {0xffffffff, 0x80000000, 0x40000001};

			index = make_index(5, 4, 4);
			memcpy(index.data + at, &numbers[n], 4);
			check_refused(corrupt);
			buffer_free(&index);
		}
}
