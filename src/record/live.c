/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of live blocks. Memory grows with the blocks that live at once, not with events.
 */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "record/live.h"

static size_t home(const struct live *live, uint32_t domain, uint64_t addr)
{
	uint64_t hash = (addr ^ (uint64_t)domain << 48) * 0x9e3779b97f4a7c15ull;

	return hash >> (64 - __builtin_ctzll(live->capacity));
}

struct live_block *live_find(const struct live *live, uint32_t domain, uint64_t addr)
{
	if (!live->capacity)
		return NULL;
	for (size_t at = home(live, domain, addr);; at = (at + 1) & (live->capacity - 1)) {
		struct live_block *block = &live->slots[at];

		if (!block->trace)
			return NULL;
		if (block->addr == addr && block->domain == domain)
			return block;
	}
}

static void place(struct live *live, const struct live_block *block)
{
	size_t at = home(live, block->domain, block->addr);

	while (live->slots[at].trace)
		at = (at + 1) & (live->capacity - 1);
	live->slots[at] = *block;
}

static void grow(struct live *live)
{
	struct live_block *old = live->slots;
	size_t old_capacity = live->capacity;

	live->capacity = old_capacity ? old_capacity * 2 : 1024;
	live->slots = xcalloc(live->capacity, sizeof *live->slots);
	for (size_t at = 0; at < old_capacity; at++)
		if (old[at].trace)
			place(live, &old[at]);
	free(old);
}

void live_add(struct live *live, const struct live_block *block)
{
	if (live->count >= live->capacity / 3 * 2)
		grow(live);
	place(live, block);
	live->count++;
}

void live_remove(struct live *live, struct live_block *block)
{
	size_t mask = live->capacity - 1, hole = (size_t)(block - live->slots);

	/* Whatever stands behind the hole and could stand in it moves there. */
	for (size_t at = (hole + 1) & mask; live->slots[at].trace; at = (at + 1) & mask) {
		size_t wants = home(live, live->slots[at].domain, live->slots[at].addr);

		if (((at - wants) & mask) >= ((at - hole) & mask)) {
			live->slots[hole] = live->slots[at];
			hole = at;
		}
	}
	live->slots[hole].trace = 0;
	live->count--;
}

void live_clear(struct live *live)
{
	free(live->slots);
	memset(live, 0, sizeof *live);
}
