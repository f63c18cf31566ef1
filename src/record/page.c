/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages change their capacity in steps of eight cells, or a quarter where that is more: about a tenth is unused, and a
 * block is copied less than five times while its page fills.
 */
#include <stdlib.h>
#include "base/memory.h"
#include "record/page.h"

enum { FIRST = 2, STEP = 8 };

/* Links the cells from NUMBER on: they are all that is free. */
static void link_cells(struct page *page, uint32_t number)
{
	page->unused = (uint8_t)number;
	page->low = page->shift ? page->capacity / 4 : 0;
	for (; number <= page->capacity; number++)
		*(uint8_t *)page_cell(page, number) = number < page->capacity ? (uint8_t)(number + 1) : 0;
}

static struct page *make(uint32_t capacity, uint8_t shift)
{
	size_t way = shift ? (size_t)PAGE_SIZE >> shift : capacity * sizeof(uint16_t);
	struct page *page = xmalloc(sizeof *page + way + capacity * sizeof(struct page_cell));

	*page = (struct page){ .capacity = (uint8_t)capacity, .shift = shift, .mask = shift == 4 ? 15 : 7,
		.cells_at = (uint16_t)(sizeof *page + way) };
	memset(page + 1, shift ? 0 : 0xff, way);
	link_cells(page, 1);
	return page;
}

/* A full page with an index: its cells are the last that it has. */
static struct page *lengthen(struct page *old, uint32_t capacity)
{
	struct page *page = xrealloc(old, old->cells_at + capacity * sizeof(struct page_cell));
	uint32_t first = page->capacity + 1u;

	page->capacity = (uint8_t)capacity;
	link_cells(page, first);
	return page;
}

static struct page *change(struct page *old, uint32_t capacity, uint8_t shift)
{
	struct page *page = make(capacity, shift);
	uint32_t places = old->shift ? (uint32_t)PAGE_SIZE >> old->shift : old->capacity;

	for (uint32_t i = 0; i < places; i++) {
		uint32_t number = old->shift ? page_index(old)[i] : i + 1;
		uint32_t offset = old->shift ? i << old->shift : page_offsets(old)[i];

		if (number && offset != PAGE_NO_OFFSET)
			page_add(page, offset, *page_cell(old, number));
	}
	free(old);
	return page;
}

/* The index that a page's blocks need, together with one at OFFSET. */
static uint8_t index_shift(struct page *page, uint32_t offset)
{
	if (page->shift)
		return offset & 15 ? 3 : page->shift;
	for (uint32_t i = 0; i < page->capacity; i++)
		if (page_offsets(page)[i] != PAGE_NO_OFFSET)
			offset |= page_offsets(page)[i];
	return offset & 15 ? 3 : 4;
}

struct page *page_new(void)
{
	return make(FIRST, 0);
}

struct page *page_extend(struct page *old, uint32_t offset)
{
	uint32_t capacity = old->capacity, more = capacity / 4 / STEP * STEP;
	uint8_t shift;

	if (offset % 8 || old->count == PAGE_CELLS)
		return NULL;
	if (!old->unused && capacity < PAGE_SMALL)
		return change(old, capacity * 2, 0);
	shift = index_shift(old, offset);
	if (!old->unused)
		capacity += more ? more : STEP;
	if (capacity > PAGE_CELLS)
		capacity = PAGE_CELLS;
	return shift == old->shift ? lengthen(old, capacity) : change(old, capacity, shift);
}

struct page *page_shrink(struct page *old)
{
	uint32_t wanted = (old->count * 3u / 2 + STEP - 1) / STEP * STEP;

	if (!old->shift || old->count > old->low)
		return old;
	if (wanted <= PAGE_SMALL)
		return change(old, old->count <= STEP / 2 ? STEP : PAGE_SMALL, 0);
	return change(old, wanted, old->shift);
}
