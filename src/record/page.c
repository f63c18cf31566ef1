/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages change their capacity in steps of eight blocks, or a quarter where that is more: about a tenth is unused, and a
 * block is copied less than five times while its page fills.
 */
#include <stdlib.h>
#include "base/memory.h"
#include "record/page.h"

enum { STEP = 8 };

uint32_t page_larger(const struct page *page)
{
	uint32_t capacity = page->capacity, more = capacity / 4 / STEP * STEP;

	return capacity < STEP ? capacity * 2 : capacity + (more ? more : STEP);
}

uint32_t page_smaller(const struct page *page)
{
	return page->count < STEP / 2 ? STEP / 2 : (page->count * 3u / 2 + STEP - 1) / STEP * STEP;
}

struct page *page_resize(struct page *old, uint32_t capacity)
{
	size_t map = capacity > PAGE_PLAIN ? PAGE_MAP : 0;
	struct page *page = xmalloc(sizeof *page + map + capacity * (sizeof(uint16_t) + sizeof(struct page_cell)));

	*page = (struct page){ .capacity = (uint16_t)(capacity & 0x7fff), .uneven = old ? old->uneven : 0 };
	memset(page_map(page), 0, map);
	if (!old)
		return page;
	page->count = old->count;
	memcpy(page_offsets(page), page_offsets(old), old->count * sizeof(uint16_t));
	memcpy(page_cell(page, 0), page_cell(old, 0), old->count * sizeof(struct page_cell));
	for (size_t i = 0; map && i < page->count; i++) {
		uint16_t offset = page_offsets(page)[i];

		page_map(page)[offset / 128] |= (uint8_t)(1 << offset / 16 % 8);
	}
	free(old);
	return page;
}
