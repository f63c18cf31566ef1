/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of live blocks. Memory grows with the blocks that live at once, not with events. A block stands in its page or
 * among the strays, never in both; with no strays, as is usual, they cost one comparison.
 *
 * Where a program allocates and frees one block again and again, its page would come and go: an empty page is kept until
 * 64 others have become empty.
 */
#include <stdlib.h>
#include <string.h>
#include "record/live.h"

enum { DOMAINS = 4096, FIRST_CAPACITY = 2 };

static uint64_t page_key(uint32_t domain, uint64_t addr)
{
	return (uint64_t)domain << 52 | addr / PAGE_SIZE;
}

static struct page *entry_page(const struct grid_entry *entry)
{
	return (struct page *)(uintptr_t)entry->value;
}

static struct page *find_page(const struct live *live, uint32_t domain, uint64_t addr)
{
	struct grid_entry *entry = domain < DOMAINS ? grid_find(&live->pages, page_key(domain, addr)) : NULL;

	return entry ? entry_page(entry) : NULL;
}

static void unpack(const struct live *live, const struct page_cell *cell, struct live_block *block)
{
	block->trace = cell->trace;
	block->size = page_cell_size(cell);
	block->tick = page_cell_tick(cell) + live->base;
}

bool live_find(const struct live *live, uint32_t domain, uint64_t addr, struct live_block *block)
{
	struct page *page = find_page(live, domain, addr);
	int at = page ? page_find(page, addr % PAGE_SIZE) : -1;
	struct live_block *stray;

	block->domain = domain;
	block->addr = addr;
	if (at >= 0) {
		unpack(live, page_cell(page, (size_t)at), block);
		return true;
	}
	stray = strays_find(&live->strays, domain, addr);
	if (stray)
		*block = *stray;
	return stray != NULL;
}

static bool add_to_page(struct live *live, const struct live_block *block, uint64_t age)
{
	uint64_t key = page_key(block->domain, block->addr);
	struct grid_entry *entry = grid_find(&live->pages, key);
	uint32_t offset = block->addr % PAGE_SIZE;
	struct page *page;

	if (__builtin_expect(!entry, 0))
		entry = grid_add(&live->pages, key, (uintptr_t)page_resize(NULL, FIRST_CAPACITY));
	page = entry_page(entry);
	if (!page_lacks(page, offset) && page_find(page, offset) >= 0)
		return false;
	if (__builtin_expect(page->count == page->capacity, 0)) {
		page = page_resize(page, page_larger(page));
		entry->value = (uintptr_t)page;
	}
	page_append(page, offset, page_pack(block->trace, block->size, age));
	live->count++;
	return true;
}

static bool add_stray(struct live *live, const struct live_block *block)
{
	struct live_block old;

	if (live_find(live, block->domain, block->addr, &old))
		return false;
	strays_add(&live->strays, block);
	live->count++;
	return true;
}

bool live_add(struct live *live, const struct live_block *block)
{
	uint64_t age;

	if (__builtin_expect(!live->count && !live->pages.count, 0))
		live->base = block->tick;
	age = block->tick - live->base;
	if (__builtin_expect(live->strays.count != 0, 0) && strays_find(&live->strays, block->domain, block->addr))
		return false;
	if (__builtin_expect(block->domain >= DOMAINS || !page_fits(block->size, age), 0))
		return add_stray(live, block);
	return add_to_page(live, block, age);
}

/* An empty page takes the place of one that has been empty for long, or was. */
static void retire(struct live *live, uint64_t key)
{
	uint64_t *place = &live->empty[live->next_empty++ % LIVE_EMPTY_PAGES];
	struct grid_entry *entry = grid_find(&live->pages, *place);

	if (entry && *place != key && !entry_page(entry)->count) {
		free(entry_page(entry));
		grid_remove(&live->pages, entry);
	}
	*place = key;
}

bool live_take(struct live *live, uint32_t domain, uint64_t addr, struct live_block *block)
{
	struct grid_entry *entry = domain < DOMAINS ? grid_find(&live->pages, page_key(domain, addr)) : NULL;
	struct page *page = entry ? entry_page(entry) : NULL;
	int at = page ? page_find(page, addr % PAGE_SIZE) : -1;
	struct live_block *stray;

	block->domain = domain;
	block->addr = addr;
	if (__builtin_expect(at < 0, 0)) {
		stray = strays_find(&live->strays, domain, addr);
		if (!stray)
			return false;
		*block = *stray;
		strays_remove(&live->strays, stray);
		live->count--;
		return true;
	}
	unpack(live, page_cell(page, (size_t)at), block);
	page_remove(page, at);
	live->count--;
	if (__builtin_expect(page->count * 4 <= page->capacity && page->capacity > PAGE_PLAIN, 0)) {
		page = page_resize(page, page_smaller(page));
		entry->value = (uintptr_t)page;
	}
	if (__builtin_expect(page->count == 0, 0))
		retire(live, entry->key);
	return true;
}

static void free_page(uint64_t value)
{
	free((struct page *)(uintptr_t)value);
}

void live_clear(struct live *live)
{
	grid_visit(&live->pages, free_page);
	grid_clear(&live->pages);
	strays_clear(&live->strays);
	memset(live, 0, sizeof *live);
}

void live_prefetch_place(const struct live *live, uint32_t domain, uint64_t addr)
{
	grid_prefetch(&live->pages, page_key(domain, addr));
}

void live_prefetch_page(const struct live *live, uint32_t domain, uint64_t addr)
{
	const char *page = (const char *)find_page(live, domain, addr);

	__builtin_prefetch(page, 1);
	__builtin_prefetch(page + 64, 1);
}

void live_prefetch_cell(const struct live *live, uint32_t domain, uint64_t addr, bool adds)
{
	struct page *page = find_page(live, domain, addr);
	int at = !page ? -1 : adds ? page->count : page_find(page, addr % PAGE_SIZE);

	if (at >= 0)
		__builtin_prefetch(page_cell(page, (size_t)at), 1);
}
