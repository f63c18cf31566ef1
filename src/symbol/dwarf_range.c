/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Range lists, read here and not by libdwarf: its release 20210528 frees the heads of a corrupt
 * .debug_rnglists twice, and then nothing of the file can be read. It is also the quicker way: no
 * object an entry.
 *
 * DWARF 5 has entries of a kind and its operands, of which some are numbers into .debug_addr; older
 * lists are pairs of 8 bytes, with (0, 0) at the end and (-1, base) to change the base.
 */
#include <libdwarf/dwarf.h>
#include "base/bytes.h"
#include "symbol/dwarf_range.h"

/* A cursor at OFFSET of SECTION; failed when that is outside. */
static struct cursor cursor_at(const struct line_section *section, uint64_t offset)
{
	struct cursor cursor = cursor_over(section->data, section->data ? section->size : 0);

	cursor_bytes(&cursor, offset);
	return cursor;
}

/* Address number INDEX of the unit; fails CURSOR, from which the number came, when there is none.
 */
static uint64_t indexed_address(
	const struct range_context *context, uint64_t index, struct cursor *cursor)
{
	uint64_t offset;
	struct cursor at;

	if (__builtin_mul_overflow(index, 8, &offset) ||
		__builtin_add_overflow(offset, context->addr_base, &offset)) {
		cursor->failed = true;
		return 0;
	}
	at = cursor_at(&context->sections->addr, offset);
	offset = cursor_u64(&at);
	cursor->failed |= at.failed;
	return offset;
}

static bool add_entry(const struct range_context *context, struct cursor *list, uint64_t *base,
	struct interval *found)
{
	found->low = found->high = 0;
	switch (cursor_u8(list)) {
	case DW_RLE_base_addressx:
		*base = indexed_address(context, cursor_varint(list), list);
		break;
	case DW_RLE_startx_endx:
		found->low = indexed_address(context, cursor_varint(list), list);
		found->high = indexed_address(context, cursor_varint(list), list);
		break;
	case DW_RLE_startx_length:
		found->low = indexed_address(context, cursor_varint(list), list);
		found->high = found->low + cursor_varint(list);
		break;
	case DW_RLE_offset_pair:
		found->low = *base + cursor_varint(list);
		found->high = *base + cursor_varint(list);
		break;
	case DW_RLE_base_address:
		*base = cursor_u64(list);
		break;
	case DW_RLE_start_end:
		found->low = cursor_u64(list);
		found->high = cursor_u64(list);
		break;
	case DW_RLE_start_length:
		found->low = cursor_u64(list);
		found->high = found->low + cursor_varint(list);
		break;
	default: /* the end, or nonsense */
		return false;
	}
	return cursor_ok(list);
}

static bool add_old_entry(struct cursor *list, uint64_t *base, struct interval *found)
{
	uint64_t low = cursor_u64(list), high = cursor_u64(list);

	found->low = found->high = 0;
	if (low == UINT64_MAX) {
		*base = high;
	} else {
		/* An empty pair may hold what is left of code that was dropped: base or not, it
		 * stays empty. */
		found->low = *base + low;
		found->high = *base + high;
	}
	return cursor_ok(list) && (low || high);
}

/* Where the unit's list number INDEX begins; false: nowhere. */
static bool indexed_list(const struct range_context *context, uint64_t index, uint64_t *where)
{
	uint64_t offset;
	struct cursor at;

	if (__builtin_mul_overflow(index, context->wide ? 8 : 4, &offset) ||
		__builtin_add_overflow(offset, context->lists_base, &offset))
		return false;
	at = cursor_at(&context->sections->rnglists, offset);
	*where = context->wide ? cursor_u64(&at) : cursor_u32(&at);
	return cursor_ok(&at) && !__builtin_add_overflow(*where, context->lists_base, where);
}

void range_list_add(const struct range_context *context, uint64_t where, bool indexed,
	struct intervals *intervals, uint32_t id)
{
	bool old = context->version < 5;
	uint64_t base = context->base;
	struct interval found;
	struct cursor list;

	if (indexed ? !indexed_list(context, where, &where)
		    : old && __builtin_add_overflow(where, context->lists_base, &where))
		return;
	list = cursor_at(old ? &context->sections->ranges : &context->sections->rnglists, where);
	while (old ? add_old_entry(&list, &base, &found) : add_entry(context, &list, &base, &found))
		intervals_add(intervals, found.low, found.high, id);
}

void extent_add(const struct range_context *context, const struct extent *extent,
	struct intervals *intervals, uint32_t id)
{
	uint64_t low = extent->low, high = extent->high;
	struct cursor numbers = {0};

	if (extent->kind == EXTENT_LIST)
		range_list_add(context, extent->list, extent->list_indexed, intervals, id);
	if (extent->kind != EXTENT_PAIR)
		return;
	if (extent->low_indexed)
		low = indexed_address(context, low, &numbers);
	if (extent->high_indexed)
		high = indexed_address(context, high, &numbers);
	if (cursor_ok(&numbers))
		intervals_add(intervals, low, extent->high_is_length ? low + high : high, id);
}

/* The pairs of one unit's set: from the first multiple of their size on, until (0, 0). */
static void add_set(struct cursor *set, size_t start, struct intervals *intervals, uint32_t id)
{
	cursor_bytes(set, -start & 15);
	while (cursor_left(set) >= 16) {
		uint64_t low = cursor_u64(set), size = cursor_u64(set);

		if (!low && !size)
			return;
		intervals_add(intervals, low, low + size, id);
	}
}

void aranges_add(
	const struct line_section *aranges, uint64_t unit, struct intervals *intervals, uint32_t id)
{
	struct cursor cursor = cursor_over(aranges->data, aranges->size);

	while (cursor_left(&cursor)) {
		const uint8_t *start = cursor.at;
		uint64_t length = cursor_u32(&cursor), of;
		bool wide = length == 0xffffffff;
		struct cursor set;

		if (wide)
			length = cursor_u64(&cursor);
		set = cursor;
		if (!cursor_bytes(&cursor, length))
			return;
		set.end = cursor.at;
		cursor_u16(&set); /* the version */
		of = wide ? cursor_u64(&set) : cursor_u32(&set);
		/* Sizes of addresses and of segment selectors. */
		if (cursor_u16(&set) == 8 && of == unit)
			add_set(&set, set.at - start, intervals, id);
	}
}
