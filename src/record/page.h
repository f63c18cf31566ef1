/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The live blocks that begin in one page of 4 KiB of addresses: cells of 14 bytes, and the way to a block's cell.
 *
 *	small:     | head | offset × capacity | cell × capacity |      at most 16 blocks, all compared at once
 *	indexed:   | head | index             | cell × capacity |      for every 16 bytes of addresses a byte, or for every
 *	             12     256 (1024)                                 8 bytes two: the number of the cell, 0 none
 *
 * No search has a loop, and adding or removing a block moves no other: free cells are a list, each names the next in its
 * first two bytes. What a page cannot hold is a stray (live.c): addresses that are no multiples of 8, and values that do not
 * fit (page_fits).
 */
#ifndef RECORD_PAGE_H
#define RECORD_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <emmintrin.h>
#include "record/hoard.h"

/* Asks for the line of AT, which may be anywhere. Not __builtin_prefetch: a function of nothing else has no effect, says
 * gcc, and leaves out its calls. */
static inline void prefetch_line(const void *at)
{
	__asm__ volatile("prefetcht0 %0" : : "m"(*(const char *)at));
}

struct page {
	uint16_t count, capacity;
	uint16_t unused;         /* the first free cell's number, 0: none */
	uint16_t low;            /* at so few blocks it is too large */
	uint16_t cells_at;       /* bytes from here */
	uint8_t shift;           /* of an index: 4 or 3; 0: small */
	uint8_t mask;            /* bits that are 0 in the offsets of all blocks */
};

struct page_cell {
	uint32_t trace;
	uint32_t size;           /* 28 bits, then the upper 4 of the tick's 52 */
	uint32_t tick_low;
	uint16_t tick_middle;
} __attribute__((packed));

enum { PAGE_SIZE = 4096, PAGE_SMALL = 16, PAGE_NARROW = 255 /* cells that a byte can name */, PAGE_NO_OFFSET = 0xffff };
_Static_assert(sizeof(struct page_cell) == 14 && sizeof(struct page) == 12, "what the picture says");

static inline bool page_fits(uint64_t size, uint64_t tick)
{
	return size < 1u << 28 && tick < 1ull << 52;
}

static inline uint8_t *page_index(struct page *page)
{
	return (uint8_t *)(page + 1);
}
static inline uint16_t *page_wide_index(struct page *page)
{
	return (uint16_t *)(page + 1);
}
static inline uint16_t *page_offsets(struct page *page)
{
	return (uint16_t *)(page + 1);
}
/* Cells are numbered from 1. */
static inline struct page_cell *page_cell(struct page *page, uint32_t number)
{
	return (struct page_cell *)((uint8_t *)page + page->cells_at) + number - 1;
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

/* The number of the cell of the block at OFFSET; 0: none. */
static inline uint32_t page_find(struct page *page, uint32_t offset)
{
	const __m128i *offsets = (const __m128i *)page_offsets(page), wanted = _mm_set1_epi16((short)offset);
	uint32_t equal;

	if (__builtin_expect(page->shift == 4, 1))
		return offset % 16 ? 0 : page_index(page)[offset / 16];
	if (page->shift)
		return offset % 8 ? 0 : page_wide_index(page)[offset / 8];
	/* A page of fewer offsets has cells behind them, enough for both loads. */
	equal = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_cmpeq_epi16(_mm_loadu_si128(offsets), wanted),
		_mm_cmpeq_epi16(_mm_loadu_si128(offsets + 1), wanted))) & ((1u << page->capacity) - 1);
	return equal ? (uint32_t)__builtin_ctz(equal) + 1 : 0;
}

/* The block at OFFSET is the one in CELL from now on, or (NUMBER 0, else CELL) no longer. */
static inline void page_note(struct page *page, uint32_t offset, uint32_t cell, uint32_t number)
{
	if (__builtin_expect(page->shift == 4, 1))
		page_index(page)[offset / 16] = (uint8_t)number;
	else if (page->shift)
		page_wide_index(page)[offset / 8] = (uint16_t)number;
	else
		page_offsets(page)[cell - 1] = number ? (uint16_t)offset : PAGE_NO_OFFSET;
}

/* Free cells are a list. */
static inline uint32_t page_next_unused(struct page *page, uint32_t number)
{
	return *(const uint16_t *)page_cell(page, number);
}
static inline void page_link_unused(struct page *page, uint32_t number, uint32_t next)
{
	*(uint16_t *)page_cell(page, number) = (uint16_t)next;
}

/* Whether a block at OFFSET can be added as the page is. */
static inline bool page_has_room(const struct page *page, uint32_t offset)
{
	return page->unused && !(offset & page->mask);
}

/* Adds a block; there must be room, and nothing at OFFSET. */
static inline void page_add(struct page *page, uint32_t offset, struct page_cell packed)
{
	uint32_t number = page->unused;

	page->unused = (uint16_t)page_next_unused(page, number);
	page->count++;
	*page_cell(page, number) = packed;
	page_note(page, offset, number, number);
}

/* Removes the block at OFFSET, whose cell is NUMBER. */
static inline void page_remove(struct page *page, uint32_t offset, uint32_t number)
{
	page_link_unused(page, number, page->unused);
	page->unused = (uint16_t)number;
	page->count--;
	page_note(page, offset, number, 0);
}

/* All blocks of a page stand at its places 0 … page_places() - 1. */
static inline uint32_t page_places(const struct page *page)
{
	return page->shift ? (uint32_t)PAGE_SIZE >> page->shift : page->capacity;
}
/* The number of the cell of the block at place I, and its offset; 0: there is none. */
static inline uint32_t page_block_at(struct page *page, uint32_t i, uint32_t *offset)
{
	*offset = page->shift ? i << page->shift : page_offsets(page)[i];
	if (page->shift)
		return page->shift == 4 ? page_index(page)[i] : page_wide_index(page)[i];
	return *offset != PAGE_NO_OFFSET ? i + 1 : 0;
}

/* A page with no block, with little room or about as much as LIKE's blocks take (NULL: none). */
struct page *page_new(struct hoard *hoard, const struct page *like);
/* OLD with room for a block at OFFSET, or NULL: it cannot be had, and OLD is as it was. */
struct page *page_extend(struct hoard *hoard, struct page *old, uint32_t offset);
/* OLD with less room, if there is much more than it needs. */
struct page *page_shrink(struct hoard *hoard, struct page *old);
void page_free(struct hoard *hoard, struct page *page);

#endif
