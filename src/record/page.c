/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages change their capacity in steps of eight cells, or a quarter where that is more: about a tenth is unused, and a
 * block is copied less than five times while its page fills. A new page begins with the capacity that its neighbour has
 * come to need, since heaps are filled upwards with blocks alike.
 */
#include <string.h>
#include "record/page.h"

enum { FIRST = 2, STEP = 8, WIDE = 3, NARROW = 4 };

static size_t way_bytes(uint32_t capacity, uint8_t shift)
{
	return shift == NARROW ? PAGE_SIZE / 16 : shift ? PAGE_SIZE / 8 * sizeof(uint16_t) : capacity * sizeof(uint16_t);
}

static size_t page_bytes(uint32_t capacity, uint8_t shift)
{
	return sizeof(struct page) + way_bytes(capacity, shift) + capacity * sizeof(struct page_cell);
}
_Static_assert(sizeof(struct page) + PAGE_SIZE / 8 * (sizeof(uint16_t) + sizeof(struct page_cell)) <= HOARD_MAX,
	"the largest page");

/* Links the cells from NUMBER on: they are all that is free. */
static void link_cells(struct page *page, uint32_t number)
{
	page->unused = (uint16_t)number;
	page->low = page->shift ? page->capacity / 4 : 0;
	for (; number <= page->capacity; number++)
		page_link_unused(page, number, number < page->capacity ? number + 1 : 0);
}

static struct page *make(struct hoard *hoard, uint32_t capacity, uint8_t shift)
{
	size_t way = way_bytes(capacity, shift);
	struct page *page = hoard_take(hoard, page_bytes(capacity, shift));

	*page = (struct page){ .capacity = (uint16_t)capacity, .shift = shift, .mask = shift == NARROW ? 15 : 7,
		.cells_at = (uint16_t)(sizeof *page + way) };
	memset(page + 1, shift ? 0 : 0xff, way);
	link_cells(page, 1);
	return page;
}

void page_free(struct hoard *hoard, struct page *page)
{
	hoard_give(hoard, page, page_bytes(page->capacity, page->shift));
}

/* A full page with an index: its cells are the last that it has. */
static struct page *lengthen(struct hoard *hoard, struct page *old, uint32_t capacity)
{
	struct page *page = hoard_take(hoard, page_bytes(capacity, old->shift));

	memcpy(page, old, page_bytes(old->capacity, old->shift));
	page_free(hoard, old);
	page->capacity = (uint16_t)capacity;
	link_cells(page, page->count + 1u);
	return page;
}

static struct page *change(struct hoard *hoard, struct page *old, uint32_t capacity, uint8_t shift)
{
	struct page *page = make(hoard, capacity, shift);
	uint32_t number, offset;

	for (uint32_t i = 0; i < page_places(old); i++)
		if ((number = page_block_at(old, i, &offset)))
			page_add(page, offset, *page_cell(old, number));
	page_free(hoard, old);
	return page;
}

/* The index that a page's blocks need, together with one at OFFSET. */
static uint8_t index_shift(struct page *page, uint32_t offset)
{
	if (page->shift)
		return offset & 15 ? WIDE : page->shift;
	for (uint32_t i = 0; i < page->capacity; i++)
		if (page_offsets(page)[i] != PAGE_NO_OFFSET)
			offset |= page_offsets(page)[i];
	return offset & 15 ? WIDE : NARROW;
}

/* A page that began large and has not been full yet has a mark in its last cell. Blocks may come and go before it is. */
static struct page_cell *mark_of(struct page *page)
{
	return page_cell(page, page->capacity);
}

static bool is_young(struct page *page)
{
	return mark_of(page)->tick_low == UINT32_MAX && mark_of(page)->tick_middle == UINT16_MAX;
}

struct page *page_new(struct hoard *hoard, const struct page *like)
{
	struct page *page;

	if (!like || like->count < STEP)
		return make(hoard, FIRST, 0);
	if (like->count <= PAGE_SMALL || !like->shift)
		return make(hoard, like->count < PAGE_SMALL ? STEP : PAGE_SMALL, 0);
	page = make(hoard, like->count / STEP * STEP, like->shift);
	mark_of(page)->tick_low = UINT32_MAX;
	mark_of(page)->tick_middle = UINT16_MAX;
	return page;
}

struct page *page_extend(struct hoard *hoard, struct page *old, uint32_t offset)
{
	uint32_t capacity = old->capacity, more = capacity / 4 / STEP * STEP;
	uint8_t shift;

	if (offset % 8)
		return NULL;
	if (!old->unused && capacity < PAGE_SMALL)
		return change(hoard, old, capacity * 2, 0);
	shift = old->count == PAGE_NARROW ? WIDE : index_shift(old, offset);
	if (!old->unused)
		capacity += more ? more : STEP;
	if (capacity > (shift == NARROW ? PAGE_NARROW : PAGE_SIZE / 8))
		capacity = shift == NARROW ? PAGE_NARROW : PAGE_SIZE / 8;
	return shift == old->shift ? lengthen(hoard, old, capacity) : change(hoard, old, capacity, shift);
}

struct page *page_shrink(struct hoard *hoard, struct page *old)
{
	uint32_t wanted = (old->count * 3u / 2 + STEP - 1) / STEP * STEP;

	if (!old->shift || old->count > old->low)
		return old;
	if (is_young(old)) {
		old->low = old->count / 2;
		return old;
	}
	if (wanted <= PAGE_SMALL)
		return change(hoard, old, old->count <= STEP / 2 ? STEP : PAGE_SMALL, 0);
	return change(hoard, old, wanted, old->shift);
}
