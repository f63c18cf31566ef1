/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of strays. It grows by doubling, in one go: huge blocks are few.
 */
#include <stdlib.h>
#include <string.h>
#include "base/map.h"
#include "base/memory.h"
#include "record/strays.h"

#define FREE UINT32_MAX

static size_t home(const struct strays *strays, uint32_t domain, uint64_t addr)
{
	const uint64_t key[2] = { addr, domain };

	return hash_bytes(key, sizeof key) & (strays->capacity - 1);
}

struct live_block *strays_find(const struct strays *strays, uint32_t domain, uint64_t addr)
{
	if (!strays->count)
		return NULL;
	for (size_t at = home(strays, domain, addr);; at = (at + 1) & (strays->capacity - 1)) {
		struct live_block *block = &strays->slots[at];

		if (block->trace == FREE)
			return NULL;
		if (block->addr == addr && block->domain == domain)
			return block;
	}
}

static void place(struct strays *strays, const struct live_block *block)
{
	size_t at = home(strays, block->domain, block->addr);

	while (strays->slots[at].trace != FREE)
		at = (at + 1) & (strays->capacity - 1);
	strays->slots[at] = *block;
}

static void grow(struct strays *strays)
{
	struct live_block *old = strays->slots;
	size_t old_capacity = strays->capacity;

	strays->capacity = old_capacity ? old_capacity * 2 : 64;
	strays->slots = xreallocarray(NULL, strays->capacity, sizeof *strays->slots);
	for (size_t at = 0; at < strays->capacity; at++)
		strays->slots[at].trace = FREE;
	for (size_t at = 0; at < old_capacity; at++)
		if (old[at].trace != FREE)
			place(strays, &old[at]);
	free(old);
}

void strays_add(struct strays *strays, const struct live_block *block)
{
	if (strays->count >= strays->capacity / 3 * 2)
		grow(strays);
	place(strays, block);
	strays->count++;
}

void strays_remove(struct strays *strays, struct live_block *block)
{
	size_t mask = strays->capacity - 1, hole = (size_t)(block - strays->slots);

	/* Whatever stands behind the hole and could stand in it moves there. */
	for (size_t at = (hole + 1) & mask; strays->slots[at].trace != FREE; at = (at + 1) & mask) {
		size_t wants = home(strays, strays->slots[at].domain, strays->slots[at].addr);

		if (((at - wants) & mask) >= ((at - hole) & mask)) {
			strays->slots[hole] = strays->slots[at];
			hole = at;
		}
	}
	strays->slots[hole].trace = FREE;
	strays->count--;
}

void strays_clear(struct strays *strays)
{
	free(strays->slots);
	memset(strays, 0, sizeof *strays);
}
