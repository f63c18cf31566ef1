/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of live blocks. Memory grows with the blocks that live at once, not with events. A block stands in its page or
 * among the strays, never in both; an addition asks for them where there may be some in its page.
 *
 * Where a program allocates and frees one block again and again, its page would come and go: an empty page is kept until
 * 64 others have become empty. A region goes with its last page.
 */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "record/live.h"

static struct live_region *entry_region(const struct grid_entry *entry)
{
	return (struct live_region *)(uintptr_t)entry->value;
}

struct live_region *live_region_slow(struct live *live, uint64_t key)
{
	struct grid_entry *entry = grid_find(&live->regions, key);

	if (!entry)
		return NULL;
	live->near[key % LIVE_NEAR].key = key + 1;
	return live->near[key % LIVE_NEAR].region = entry_region(entry);
}

static struct page *find_page(struct live *live, uint32_t domain, uint64_t addr)
{
	struct page **place = domain < LIVE_DOMAINS ? live_place(live, live_page_key(domain, addr)) : NULL;

	return place ? *place : NULL;
}

bool live_find(struct live *live, uint32_t domain, uint64_t addr, struct live_block *block)
{
	struct page *page = find_page(live, domain, addr);
	uint32_t number = page ? page_find(page, addr % PAGE_SIZE) : 0;
	struct live_block *stray;

	block->domain = domain;
	block->addr = addr;
	if (number) {
		live_unpack(live, page_cell(page, number), block);
		return true;
	}
	stray = strays_find(&live->strays, domain, addr);
	if (stray)
		*block = *stray;
	return stray != NULL;
}

/* The place of the page of KEY, whose region is made where it is new. */
static struct page **make_place(struct live *live, uint64_t key)
{
	struct page **place = live_place(live, key);
	struct live_region *region;

	if (place)
		return place;
	region = xcalloc(1, sizeof *region);
	grid_add(&live->regions, key / LIVE_REGION, (uintptr_t)region);
	return live_place(live, key);
}

/* An empty page takes the place of one that has been empty for long, or was. */
static void retire(struct live *live, uint64_t key)
{
	uint64_t *former = &live->empty[live->next_empty++ % LIVE_EMPTY_PAGES], wanted = *former / LIVE_REGION;
	struct page **place = live_place(live, *former);
	struct live_region *region;

	if (place && *place && *former != key && !(*place)->count) {
		region = live->near[wanted % LIVE_NEAR].region;
		page_free(&live->hoard, *place);
		*place = NULL;
		if (--region->count == 0) {
			live->near[wanted % LIVE_NEAR].key = 0;
			grid_remove(&live->regions, grid_find(&live->regions, wanted));
			free(region);
		}
	}
	*former = key;
}

static bool add_to_page(struct live *live, const struct live_block *block, uint64_t age)
{
	uint64_t key = live_page_key(block->domain, block->addr);
	struct page **place = make_place(live, key), *page = *place;
	uint32_t offset = block->addr % PAGE_SIZE;

	if (!page) {
		page = *place = page_new(&live->hoard, key % LIVE_REGION ? place[-1] : NULL);
		live->near[key / LIVE_REGION % LIVE_NEAR].region->count++;
	}
	if (!page_has_room(page, offset)) {
		page = page_extend(&live->hoard, page, offset);
		if (!page) {
			if (!(*place)->count)
				retire(live, key);
			return false;
		}
		*place = page;
	}
	page_add(page, offset, page_pack(block->trace, block->size, age));
	return true;
}

static void add_stray(struct live *live, const struct live_block *block)
{
	strays_add(&live->strays, block);
	++*live_strays_near(live, block->domain, block->addr);
}

bool live_add_slow(struct live *live, struct live_block block)
{
	struct live_block old;
	uint64_t age;

	if (live_find(live, block.domain, block.addr, &old))
		return false;
	if (!live->count && !live->regions.count)
		live->base = block.tick;
	age = block.tick - live->base;
	if (block.domain >= LIVE_DOMAINS || !page_fits(block.size, age) || !add_to_page(live, &block, age))
		add_stray(live, &block);
	live->count++;
	return true;
}

bool live_take_stray(struct live *live, uint32_t domain, uint64_t addr, struct live_block *block)
{
	struct live_block *stray = strays_find(&live->strays, domain, addr);

	if (!stray)
		return false;
	*block = *stray;
	strays_remove(&live->strays, stray);
	--*live_strays_near(live, domain, addr);
	live->count--;
	return true;
}

void live_shrink(struct live *live, struct page **place, uint64_t key)
{
	*place = page_shrink(&live->hoard, *place);
	if (!(*place)->count)
		retire(live, key);
}

struct visit {
	const struct live *live;
	void (*block)(void *data, const struct live_block *block);
	void *data;
};

static void visit_cell(const struct visit *visit, struct page *page, uint64_t key, uint32_t offset, uint32_t number)
{
	struct live_block block = { .domain = (uint32_t)(key >> 52), .addr = (key & ((1ull << 52) - 1)) * PAGE_SIZE + offset };

	live_unpack(visit->live, page_cell(page, number), &block);
	visit->block(visit->data, &block);
}

static void visit_page(const struct visit *visit, struct page *page, uint64_t key)
{
	uint32_t number, offset;

	for (uint32_t i = 0; i < page_places(page); i++)
		if ((number = page_block_at(page, i, &offset)))
			visit_cell(visit, page, key, offset, number);
}

static void visit_region(void *data, const struct grid_entry *entry)
{
	for (uint64_t i = 0; i < LIVE_REGION; i++)
		if (entry_region(entry)->pages[i])
			visit_page(data, entry_region(entry)->pages[i], entry->key * LIVE_REGION + i);
}

void live_visit(const struct live *live, void (*block)(void *data, const struct live_block *block), void *data)
{
	struct visit visit = { live, block, data };

	grid_visit(&live->regions, visit_region, &visit);
	for (size_t i = 0; i < live->strays.capacity; i++)
		if (live->strays.slots[i].trace != UINT32_MAX)
			block(data, &live->strays.slots[i]);
}

static void free_region(void *data, const struct grid_entry *entry)
{
	(void)data;
	free(entry_region(entry));
}

void live_withhold(struct live *live)
{
	hoard_share(&live->hoard, false);
}

void live_resume(struct live *live)
{
	hoard_share(&live->hoard, true);
}

void live_abandon(struct live *live)
{
	memset(live, 0, sizeof *live);
}

void live_clear(struct live *live)
{
	grid_visit(&live->regions, free_region, NULL);
	grid_clear(&live->regions);
	hoard_clear(&live->hoard);
	strays_clear(&live->strays);
	memset(live, 0, sizeof *live);
}
