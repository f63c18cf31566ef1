/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The live blocks of one process: (domain, address) → size, trace, time. They lie by pages of addresses (page.h), the pages
 * in regions of 128: neighbours in the program are neighbours here, a dense heap takes some 22 bytes a block, and
 * nothing is ever done to all of them at once. What a page cannot hold is a stray.
 *
 *	near[region % 4096] → region → page → cell          what every event runs through stands here
 *	    or the grid of regions
 */
#ifndef RECORD_LIVE_H
#define RECORD_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/grid.h"
#include "record/page.h"
#include "record/strays.h"

enum { LIVE_REGION = 128, LIVE_NEAR = 4096, LIVE_EMPTY_PAGES = 64, LIVE_DOMAINS = 4096, LIVE_STRAYS = 256 };

struct live_region {
	uint32_t count;          /* pages */
	struct page *pages[LIVE_REGION];
};

struct live {
	size_t count;
	uint64_t base;           /* ticks in cells count from here: the first block's */
	struct strays strays;
	uint32_t strays_near[LIVE_STRAYS]; /* strays by live_strays_near(), where those of one page are together */
	struct hoard hoard;      /* all pages */
	struct grid regions;     /* (domain, address / 512 KiB) → struct live_region */
	uint64_t empty[LIVE_EMPTY_PAGES]; /* keys of pages that became empty lately; they may be wanted again at once */
	uint32_t next_empty;
	struct { uint64_t key; struct live_region *region; } near[LIVE_NEAR]; /* key + 1; 0: none */
};

void live_clear(struct live *live);
/* Forks a child without the blocks: what the parent changes in them is then not copied page by page, while a program waits.
 * live_withhold before, live_resume in the parent after, live_abandon in the child, whose table is then empty. */
void live_withhold(struct live *live);
void live_resume(struct live *live);
void live_abandon(struct live *live);
/* The block at (DOMAIN, ADDR) to *BLOCK; false: there is none. */
bool live_find(struct live *live, uint32_t domain, uint64_t addr, struct live_block *block);
/* Calls BLOCK with every live block, in no order. */
void live_visit(const struct live *live, void (*block)(void *data, const struct live_block *block), void *data);

/* The rests of the functions below. Nothing of theirs is handed on by address, so that it can stay in registers. */
struct live_region *live_region_slow(struct live *live, uint64_t key);
bool live_add_slow(struct live *live, struct live_block block);
bool live_take_stray(struct live *live, uint32_t domain, uint64_t addr, struct live_block *block);
void live_shrink(struct live *live, struct page **place, uint64_t key);

static inline uint64_t live_page_key(uint32_t domain, uint64_t addr)
{
	return (uint64_t)domain << 52 | addr / PAGE_SIZE;
}

static inline uint32_t *live_strays_near(struct live *live, uint32_t domain, uint64_t addr)
{
	return &live->strays_near[(addr / PAGE_SIZE + domain) % LIVE_STRAYS];
}

/* Where the page of KEY is noted, or NULL: there is none. */
static inline struct page **live_place(struct live *live, uint64_t key)
{
	uint64_t wanted = key / LIVE_REGION;
	__typeof__(&live->near[0]) near = &live->near[wanted % LIVE_NEAR];
	struct live_region *region = near->region;

	if (__builtin_expect(near->key != wanted + 1, 0) && !(region = live_region_slow(live, wanted)))
		return NULL;
	return &region->pages[key % LIVE_REGION];
}

static inline void live_unpack(const struct live *live, const struct page_cell *cell, struct live_block *block)
{
	block->trace = cell->trace;
	block->size = page_cell_size(cell);
	block->tick = page_cell_tick(cell) + live->base;
}

/* Adds BLOCK; false, and nothing is changed, when there is one already. This and the next are inlined by force: handing
 * blocks over in memory takes a tenth of an event's time. */
static inline bool __attribute__((always_inline)) live_add(struct live *live, const struct live_block *block)
{
	uint64_t age = block->tick - live->base;
	uint32_t offset = block->addr % PAGE_SIZE;
	struct page **place;

	if (__builtin_expect(block->domain < LIVE_DOMAINS && page_fits(block->size, age) &&
		!*live_strays_near(live, block->domain, block->addr), 1) &&
		(place = live_place(live, live_page_key(block->domain, block->addr))) && *place &&
		__builtin_expect(page_has_room(*place, offset), 1)) {
		if (__builtin_expect(page_find(*place, offset) != 0, 0))
			return false;
		page_add(*place, offset, page_pack(block->trace, block->size, age));
		live->count++;
		return true;
	}
	return live_add_slow(live, *block);
}

/* The same as live_find, and removes it. */
static inline bool __attribute__((always_inline)) live_take(struct live *live, uint32_t domain, uint64_t addr,
	struct live_block *block)
{
	uint64_t key = live_page_key(domain, addr);
	struct page **place = domain < LIVE_DOMAINS ? live_place(live, key) : NULL, *page = place ? *place : NULL;
	uint32_t number = page ? page_find(page, addr % PAGE_SIZE) : 0;
	struct live_block stray;

	if (__builtin_expect(!number, 0)) {
		if (!live_take_stray(live, domain, addr, &stray))
			return false;
		*block = stray;
		return true;
	}
	block->domain = domain;
	block->addr = addr;
	live_unpack(live, page_cell(page, number), block);
	page_remove(page, addr % PAGE_SIZE, number);
	live->count--;
	if (__builtin_expect(page->count <= page->low, 0))
		live_shrink(live, place, key);
	return true;
}

/* Each brings nearer to the processor what the next one, and then live_add or live_take in domain 0, will want. */
static inline struct page **live_near_place(const struct live *live, uint64_t addr)
{
	uint64_t key = addr / PAGE_SIZE, wanted = key / LIVE_REGION;
	const __typeof__(live->near[0]) *near = &live->near[wanted % LIVE_NEAR];

	return near->key == wanted + 1 ? &near->region->pages[key % LIVE_REGION] : NULL;
}
static inline void live_prefetch_place(const struct live *live, uint64_t addr)
{
	prefetch_line(live_near_place(live, addr));
}
static inline struct page *live_near_page(const struct live *live, uint64_t addr)
{
	struct page **place = live_near_place(live, addr);

	return place ? *place : NULL;
}
static inline void live_prefetch_page(const struct live *live, uint64_t addr)
{
	struct page *page = live_near_page(live, addr);

	if (page) {
		prefetch_line(page);
		prefetch_line(page_index(page) + addr % PAGE_SIZE / 16);
	}
}
static inline void live_prefetch_cell(const struct live *live, uint64_t addr, bool adds)
{
	struct page *page = live_near_page(live, addr);
	uint32_t number = !page ? 0 : adds ? page->unused : page_find(page, addr % PAGE_SIZE);

	if (number)
		prefetch_line(page_cell(page, number));
}
/* The block's trace, or UINT32_MAX. */
static inline uint32_t live_peek_trace(const struct live *live, uint64_t addr)
{
	struct page *page = live_near_page(live, addr);
	uint32_t number = page ? page_find(page, addr % PAGE_SIZE) : 0;

	return number ? page_cell(page, number)->trace : UINT32_MAX;
}

/* Whether blocks are so many that it pays to ask for their memory before it is needed. */
static inline bool live_is_large(const struct live *live)
{
	return live->count > 1 << 18;
}

#endif
