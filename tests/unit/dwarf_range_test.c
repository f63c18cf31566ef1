/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Range lists by hand, of both kinds, and lies in them. */
#include <criterion/criterion.h>
#include <libdwarf/dwarf.h>
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "symbol/dwarf_range.h"

static struct range_sections sections;
static struct range_context context;

static void begin(uint16_t version)
{
	sections = (struct range_sections){0};
	context = (struct range_context){.sections = &sections, .version = version, .base = 0x1000};
}

/* The ranges of a list as one text: "low-high low-high". */
static const char *list(uint64_t where, bool indexed)
{
	static char text[1024];
	struct intervals set = {0};
	size_t used = 0;

	text[0] = 0;
	range_list_add(&context, where, indexed, &set, 3);
	for (size_t i = 0; i < set.list.count; i++)
		used += snprintf(text + used, sizeof text - used, "%s%lx-%lx", i ? " " : "",
			set.list.items[i].low, set.list.items[i].high);
	intervals_free(&set);
	return text;
}

Test(dwarf_range, old_lists)
{
	static const uint64_t words[] = {
		99, 0x10, 0x20, 0x30, 0x30, UINT64_MAX, 0x5000, 1, 1, 0, 8, 0, 0, 7, 9};

	begin(4);
	sections.ranges = (struct line_section){(const uint8_t *)words, sizeof words};
	cr_assert_str_eq(list(8, false), "1010-1020 5000-5008");
	cr_assert_str_eq(list(13 * 8, false), "1007-1009", "one without an end");
	cr_assert_str_eq(list(sizeof words, false), "");
	cr_assert_str_eq(list(UINT64_MAX, false), "");
}

static struct buffer make_lists(void)
{
	struct buffer bytes = {0};

	buffer_bytes(&bytes, "headheadhead", 12);
	buffer_u32(&bytes, 8);		       /* list 0, behind the offsets */
	buffer_u32(&bytes, 8 + 4);	       /* list 1 */
	buffer_u8(&bytes, DW_RLE_offset_pair); /* list 0 */
	buffer_varint(&bytes, 1);
	buffer_varint(&bytes, 2);
	buffer_u8(&bytes, DW_RLE_end_of_list);
	buffer_u8(&bytes, DW_RLE_startx_endx); /* list 1 */
	buffer_varint(&bytes, 0);
	buffer_varint(&bytes, 1);
	buffer_u8(&bytes, DW_RLE_startx_length);
	buffer_varint(&bytes, 1);
	buffer_varint(&bytes, 5);
	buffer_u8(&bytes, DW_RLE_base_addressx);
	buffer_varint(&bytes, 1);
	buffer_u8(&bytes, DW_RLE_offset_pair);
	buffer_varint(&bytes, 0x10);
	buffer_varint(&bytes, 0x20);
	buffer_u8(&bytes, DW_RLE_base_address);
	buffer_u64(&bytes, 0x90000);
	buffer_u8(&bytes, DW_RLE_offset_pair);
	buffer_varint(&bytes, 1);
	buffer_varint(&bytes, 300);
	buffer_u8(&bytes, DW_RLE_start_end);
	buffer_u64(&bytes, 0x70000);
	buffer_u64(&bytes, 0x70001);
	buffer_u8(&bytes, DW_RLE_start_length);
	buffer_u64(&bytes, 0x60000);
	buffer_varint(&bytes, 2);
	buffer_u8(&bytes, DW_RLE_startx_length); /* an address that there is not */
	buffer_varint(&bytes, 2);
	buffer_varint(&bytes, 5);
	buffer_u8(&bytes, DW_RLE_start_length);
	buffer_u64(&bytes, 0x99990000);
	buffer_varint(&bytes, 2);
	return bytes;
}

static const uint64_t addresses[] = {77, 0x2000, 0x3000};

Test(dwarf_range, new_lists)
{
	struct buffer bytes = make_lists();

	begin(5);
	sections.rnglists = (struct line_section){bytes.data, bytes.size};
	sections.addr = (struct line_section){(const uint8_t *)addresses, sizeof addresses};
	context.lists_base = 12;
	context.addr_base = 8;
	cr_assert_str_eq(list(0, true), "1001-1002");
	cr_assert_str_eq(list(20, false), "1001-1002");
	cr_assert_str_eq(
		list(1, true), "2000-3000 3000-3005 3010-3020 90001-9012c 70000-70001 60000-60002");
	cr_assert_str_eq(list(UINT64_MAX, true), "");
	cr_assert_str_eq(list(1ull << 62, true), "");
	context.lists_base = UINT64_MAX;
	cr_assert_str_eq(list(0, true), "");
	buffer_free(&bytes);
}

Test(dwarf_range, cuts_and_lies_do_no_harm)
{
	struct buffer bytes = make_lists();

	begin(5);
	sections.addr = (struct line_section){(const uint8_t *)addresses, sizeof addresses};
	context.lists_base = 12;
	for (size_t cut = 0; cut <= bytes.size; cut++) {
		sections.rnglists = (struct line_section){bytes.data + bytes.size - cut, cut};
		for (uint64_t i = 0; i < 4; i++)
			cr_assert_lt(strlen(list(i, true)), 200);
	}
	sections.rnglists = (struct line_section){bytes.data, bytes.size};
	for (size_t at = 12; at < bytes.size; at++) {
		uint8_t truth = bytes.data[at];

		bytes.data[at] = 0xff;
		cr_assert_lt(strlen(list(1, true)), 400);
		bytes.data[at] = truth;
	}
	buffer_free(&bytes);
}

/* A set of the unit at UNIT: two ranges, the end, and one that is behind the end. */
static void put_set(struct buffer *bytes, bool wide, uint64_t unit, uint64_t low)
{
	size_t start = bytes->size, header = wide ? 24 : 12, padding = -header & 15;
	uint64_t length = header - (wide ? 12 : 4) + padding + 4 * 16;

	if (wide)
		buffer_u32(bytes, 0xffffffff);
	wide ? buffer_u64(bytes, length) : buffer_u32(bytes, length);
	buffer_u16(bytes, 2);
	wide ? buffer_u64(bytes, unit) : buffer_u32(bytes, unit);
	buffer_u16(bytes, 8);
	while ((bytes->size - start) % 16)
		buffer_u8(bytes, 0xee);
	for (uint64_t i = 0; i < 4; i++) {
		buffer_u64(bytes, i == 2 ? 0 : low + i * 0x100);
		buffer_u64(bytes, i == 2 ? 0 : 0x10);
	}
}

Test(dwarf_range, sets_of_address_ranges)
{
	struct buffer bytes = {0};

	put_set(&bytes, false, 0, 0x1000);
	put_set(&bytes, true, 0x77, 0x2000);
	put_set(&bytes, false, 0x88, 0x3000);
	for (size_t cut = 0; cut <= bytes.size; cut++) {
		struct line_section section = {bytes.data, bytes.size - cut};
		struct intervals found = {0};

		aranges_add(&section, 0x77, &found, 5);
		if (cut <= 80) { /* the third set */
			cr_assert_eq(found.list.count, 2);
			cr_assert_eq(found.list.items[0].low, 0x2000);
			cr_assert_eq(found.list.items[0].high, 0x2010);
			cr_assert_eq(found.list.items[1].low, 0x2100);
			cr_assert_eq(found.list.items[1].id, 5);
		} else {
			cr_assert_eq(found.list.count, 0, "what is cut is nothing");
		}
		intervals_free(&found);
	}
	buffer_free(&bytes);
}
