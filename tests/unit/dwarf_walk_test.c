/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking over entries made by hand: order, depth, what is passed over, and that no bytes make it
 * go on for ever. */
#include <criterion/criterion.h>
#include <libdwarf/dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "symbol/dwarf_walk.h"

/* Codes: 1 a unit with a name, 2 a namespace with a sibling reference, 3 a function (low_pc, a
 * block), 4 the same without children, 5 a type with text and children, 700 a variable of fixed
 * size. */
static struct buffer make_abbreviations(void)
{
	static const uint8_t table[] = {1, DW_TAG_compile_unit, 1, DW_AT_name, DW_FORM_string, 0, 0,
		2, DW_TAG_namespace, 1, DW_AT_sibling, DW_FORM_ref4, 0, 0, 3, DW_TAG_subprogram, 1,
		DW_AT_low_pc, DW_FORM_addr, DW_AT_frame_base, DW_FORM_exprloc, 0, 0, 4,
		DW_TAG_subprogram, 0, DW_AT_name, DW_FORM_string, 0, 0, 5, DW_TAG_structure_type, 1,
		DW_AT_name, DW_FORM_string, 0, 0, 0xbc, 5, DW_TAG_variable, 0, DW_AT_byte_size,
		DW_FORM_data2, DW_AT_const_value, DW_FORM_implicit_const, 0x85, 0x7f, 0, 0, 0};
	struct buffer bytes = {0};

	buffer_bytes(&bytes, table, sizeof table);
	return bytes;
}

enum { HEADER = 11, SIBLING_AT = HEADER + 3 + 1 };

/* unit { namespace { struct { var } func } func { var var } func var } */
static struct buffer make_entries(void)
{
	static const uint8_t entries[] = {1, 'u', 0, 2, 0, 0, 0, 0, /* sibling: set below */
		5, 's', 0, 0xbc, 5, 1, 1, 0, 4, 'f', 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 2, 99, 99,
		0xbc, 5, 1, 1, 0xbc, 5, 2, 2, 0, 4, 'g', 0, 0xbc, 5, 3, 3, 0};
	struct buffer bytes = {0};

	buffer_bytes(&bytes, "header.....", HEADER);
	buffer_bytes(&bytes, entries, sizeof entries);
	bytes.data[SIBLING_AT] = HEADER + 3 + 5 + 8 + 3 + 1;
	return bytes;
}

struct seen {
	char text[1024];
	size_t used;
	uint16_t past; /* the tag whose children are passed over */
	size_t visits;
};

static enum walk_next see(void *data, const struct walk_entry *entry)
{
	struct seen *seen = data;

	seen->visits++;
	if (seen->used < sizeof seen->text - 40)
		seen->used += sprintf(seen->text + seen->used, "%u:%x%s ", entry->depth, entry->tag,
			entry->has_code ? "*" : "");
	return entry->tag == seen->past ? WALK_PAST : WALK_IN;
}

static struct seen walk(
	const struct buffer *info, const struct buffer *abbrev, uint64_t from, uint16_t past)
{
	struct line_section section = {info->data, info->size};
	struct form_sizes sizes = {4, false};
	struct abbreviations table;
	struct walk_unit unit = {&section, 0, info->size, sizes, &table};
	struct seen seen = {.past = past};

	abbreviations_read(&table, cursor_over(abbrev->data, abbrev->size), &sizes);
	dwarf_walk(&unit, from, see, &seen);
	abbreviations_free(&table);
	return seen;
}

static void check(uint64_t from, uint16_t past, const char *wanted)
{
	struct buffer info = make_entries(), abbrev = make_abbreviations();
	struct seen seen = walk(&info, &abbrev, from, past);

	cr_assert_str_eq(seen.text, wanted, "got %s", seen.text);
	buffer_free(&info);
	buffer_free(&abbrev);
}

Test(dwarf_walk, goes_through_all)
{
	check(HEADER, 0, "1:39 2:13 3:34 2:2e 1:2e* 2:34 2:34 1:2e 1:34 ");
}

Test(dwarf_walk, passes_over)
{
	check(HEADER, DW_TAG_namespace, "1:39 1:2e* 2:34 2:34 1:2e 1:34 ");
	check(HEADER, DW_TAG_structure_type, "1:39 2:13 2:2e 1:2e* 2:34 2:34 1:2e 1:34 ");
	check(HEADER, DW_TAG_subprogram, "1:39 2:13 3:34 2:2e 1:2e* 1:2e 1:34 ");
}

Test(dwarf_walk, stays_below_where_it_began)
{
	check(HEADER + 3, 0, "1:13 2:34 1:2e ");
	check(HEADER + 3 + 5, 0, "1:34 ");
	check(HEADER + 3 + 5 + 3, 0, "");
	check(1000, 0, "");
	check(UINT64_MAX, 0, "");
}

Test(dwarf_walk, a_sibling_reference_is_followed_forwards_only, .timeout = 20)
{
	struct buffer info = make_entries(), abbrev = make_abbreviations();
	static const uint8_t lies[] = {0, 1, HEADER, HEADER + 3, HEADER + 7, 0xff};

	/* What it cannot follow it steps through, with the same result. */
	for (size_t i = 0; i < sizeof lies; i++) {
		struct seen seen;

		info.data[SIBLING_AT] = lies[i];
		seen = walk(&info, &abbrev, HEADER, DW_TAG_namespace);
		cr_assert_str_eq(
			seen.text, "1:39 1:2e* 2:34 2:34 1:2e 1:34 ", "%u: %s", lies[i], seen.text);
	}
	buffer_free(&info);
	buffer_free(&abbrev);
}

Test(dwarf_walk, any_byte_may_lie_and_any_cut_be_made, .timeout = 20)
{
	struct buffer info = make_entries(), abbrev = make_abbreviations();

	for (int value = 0; value < 256; value += 5)
		for (size_t at = 0; at < info.size + abbrev.size; at++) {
			uint8_t *byte =
				at < info.size ? &info.data[at] : &abbrev.data[at - info.size];
			uint8_t truth = *byte;

			*byte = value;
			for (size_t size = info.size - 3; size <= info.size; size++) {
				uint8_t *copy =
					malloc(size); /* of just that size, for sanitizers */
				struct buffer cut = {memcpy(copy, info.data, size), size, size};

				cr_assert_leq(walk(&cut, &abbrev, HEADER, DW_TAG_namespace).visits,
					info.size);
				free(copy);
			}
			*byte = truth;
		}
	buffer_free(&info);
	buffer_free(&abbrev);
}

Test(dwarf_walk, depth_is_bounded)
{
	struct buffer info = {0}, abbrev = make_abbreviations();
	struct seen seen;

	buffer_bytes(&info, "header.....\1u", HEADER + 3);
	for (int i = 0; i < 5000; i++)
		buffer_bytes(&info, "\5s", 3);
	seen = walk(&info, &abbrev, HEADER, 0);
	cr_assert_eq(seen.visits, WALK_DEPTH_MAX);
	buffer_free(&info);
	buffer_free(&abbrev);
}
