/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The live blocks that begin in one page of 4 KiB of addresses, packed, in no order: 16 bytes a block.
 *
 *	| count, capacity | map | offset × capacity | cell × capacity |
 *	      4 bytes       32        2 each             14 each
 *
 * A search compares eight offsets at a time, the youngest first: blocks tend to die young. The map has a bit for every
 * 16 bytes of the page, so that adding a block, the one case of a search in vain, does not search; it is left out where
 * one comparison sees all (capacity 8), and not used once a block has stood at an address that is no multiple of 16. What a
 * cell cannot hold (page_fits) is kept elsewhere: live.c's strays.
 */
#ifndef RECORD_PAGE_H
#define RECORD_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <emmintrin.h>

struct page {
	uint16_t count;
	uint16_t capacity : 15;
	uint16_t uneven : 1;     /* the map may be wrong */
};

struct page_cell {
	uint32_t trace;
	uint32_t size;           /* 28 bits, then the upper 4 of the tick's 52 */
	uint32_t tick_low;
	uint16_t tick_middle;
} __attribute__((packed));

enum { PAGE_SIZE = 4096, PAGE_PLAIN = 8, PAGE_MAP = 32 };
_Static_assert(sizeof(struct page_cell) == 14 && sizeof(struct page) == 4, "16 bytes a block with its offset");

static inline bool page_fits(uint64_t size, uint64_t tick)
{
	return size < 1u << 28 && tick < 1ull << 52;
}

static inline uint8_t *page_map(struct page *page)
{
	return (uint8_t *)(page + 1);
}
static inline uint16_t *page_offsets(struct page *page)
{
	return (uint16_t *)((uint8_t *)(page + 1) + (page->capacity > PAGE_PLAIN ? PAGE_MAP : 0));
}
static inline struct page_cell *page_cell(struct page *page, size_t at)
{
	return (struct page_cell *)(page_offsets(page) + page->capacity) + at;
}

static inline struct page_cell page_pack(uint32_t trace, uint64_t size, uint64_t tick)
{
	return (struct page_cell){ trace, (uint32_t)size | (uint32_t)(tick >> 48) << 28, (uint32_t)tick,
		(uint16_t)(tick >> 32) };
}
static inline uint64_t page_cell_size(const struct page_cell *cell)
{
	return cell->size & ((1u << 28) - 1);
}
static inline uint64_t page_cell_tick(const struct page_cell *cell)
{
	return (uint64_t)(cell->size >> 28) << 48 | (uint64_t)cell->tick_middle << 32 | cell->tick_low;
}

/* Which cell is the block at OFFSET; -1: none. */
static inline int page_find(struct page *page, uint32_t offset)
{
	const uint16_t *offsets = page_offsets(page);
	const __m128i wanted = _mm_set1_epi16((short)offset);

	/* The last eight may reach into the cells, which are more bytes than that. */
	for (int at = (page->count - 1) & ~7, n = page->count - at; at >= 0; at -= 8, n = 8) {
		__m128i some = _mm_loadu_si128((const __m128i *)(offsets + at));
		uint32_t equal = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(some, wanted)) & ((1u << 2 * n) - 1);

		if (equal)
			return at + __builtin_ctz(equal) / 2;
	}
	return -1;
}

/* Whether there is surely no block at OFFSET, without a search. */
static inline bool page_lacks(struct page *page, uint32_t offset)
{
	return page->capacity > PAGE_PLAIN && !page->uneven && !(page_map(page)[offset / 128] >> offset / 16 % 8 & 1);
}

/* Appends a block; there must be room, and nothing at OFFSET. */
static inline void page_append(struct page *page, uint32_t offset, struct page_cell cell)
{
	if (page->capacity > PAGE_PLAIN)
		page_map(page)[offset / 128] |= (uint8_t)(1 << offset / 16 % 8);
	if (__builtin_expect(offset % 16 != 0, 0))
		page->uneven = 1;
	page_offsets(page)[page->count] = (uint16_t)offset;
	*page_cell(page, page->count++) = cell;
}

/* Removes what page_find gave. */
static inline void page_remove(struct page *page, int at)
{
	uint16_t *offsets = page_offsets(page), offset = offsets[at];

	if (page->capacity > PAGE_PLAIN)
		page_map(page)[offset / 128] &= (uint8_t)~(1 << offset / 16 % 8);
	page->count--;
	offsets[at] = offsets[page->count];
	*page_cell(page, (size_t)at) = *page_cell(page, page->count);
}

/* A copy with another capacity, at least its count; OLD (may be NULL: an empty one) is freed. */
struct page *page_resize(struct page *old, uint32_t capacity);
/* The next larger capacity, and one for a page that has become far too large. */
uint32_t page_larger(const struct page *page);
uint32_t page_smaller(const struct page *page);

#endif
