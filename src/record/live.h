/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The live blocks of one process: (domain, address) → size, trace, time. They lie by pages of addresses (page.h), the pages
 * in a grid (grid.h): neighbours in the program are neighbours here, 16 bytes a block and some 3 of overhead in a dense heap,
 * and nothing is ever done to all of them at once. What a page's cell cannot hold is a stray.
 */
#ifndef RECORD_LIVE_H
#define RECORD_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/grid.h"
#include "record/page.h"
#include "record/strays.h"

enum { LIVE_EMPTY_PAGES = 64 };

struct live {
	struct grid pages;       /* (domain, address / 4096) → struct page */
	struct strays strays;
	size_t count;
	uint64_t base;           /* ticks in cells count from here: the first block's */
	uint64_t empty[LIVE_EMPTY_PAGES]; /* keys of pages that became empty lately; they may be wanted again at once */
	uint32_t next_empty;
};

/* The block at (DOMAIN, ADDR) to *BLOCK; false: there is none. */
bool live_find(const struct live *live, uint32_t domain, uint64_t addr, struct live_block *block);
/* Adds BLOCK; false, and nothing is changed, when there is one already. */
bool live_add(struct live *live, const struct live_block *block);
/* The same as live_find, and removes it. */
bool live_take(struct live *live, uint32_t domain, uint64_t addr, struct live_block *block);
void live_clear(struct live *live);

/* Each brings nearer to the processor what the next one, and then live_add or live_take, will want. */
void live_prefetch_place(const struct live *live, uint32_t domain, uint64_t addr);
void live_prefetch_page(const struct live *live, uint32_t domain, uint64_t addr);
void live_prefetch_cell(const struct live *live, uint32_t domain, uint64_t addr, bool adds);
/* Whether that pays. */
static inline bool live_is_large(const struct live *live)
{
	return live->count > 1 << 18;
}

#endif
