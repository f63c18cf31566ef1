/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash table from 64-bit keys to 64-bit values other than 0 that grows in small steps: for tables of millions of entries
 * that a program waits for. A zeroed grid is empty.
 *
 *	parts:  | . | . | . | . |        the first bits of the hash choose a part; neighbours may share one
 *	          |   \   |   /
 *	        part   part  part        256 entries each, searched linearly from a place that the last bits choose
 *
 * A part that is three quarters full splits in two by one more bit of the hash (192 entries are moved); when no two
 * neighbours share it, the array of pointers doubles first (8 bytes for about 140 entries). Parts do not join again.
 */
#ifndef RECORD_GRID_H
#define RECORD_GRID_H

#include <stddef.h>
#include <stdint.h>

enum { GRID_PART = 256 };

struct grid_entry {
	uint64_t key, value;     /* value 0: free */
};

struct grid_part {
	uint32_t count, depth;   /* depth: bits of the hash that all its entries have in common */
	struct grid_entry entries[GRID_PART] __attribute__((aligned(16)));
};

struct grid {
	struct grid_part **parts; /* 2^depth; NULL: empty */
	uint32_t depth;           /* at least 1 */
	size_t count;
	uint64_t seed;            /* the program must not be able to choose keys that collide */
};

static inline uint64_t grid_hash(const struct grid *grid, uint64_t key)
{
	unsigned __int128 product = (unsigned __int128)(key ^ grid->seed) * 0x9e3779b97f4a7c15ull;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline struct grid_part *grid_part(const struct grid *grid, uint64_t hash)
{
	return grid->parts[hash >> (64 - grid->depth)];
}

/* The entry of KEY, or NULL. Valid until the next change. */
static inline struct grid_entry *grid_find(const struct grid *grid, uint64_t key)
{
	struct grid_part *part;
	uint64_t hash;

	if (__builtin_expect(!grid->parts, 0))
		return NULL;
	hash = grid_hash(grid, key);
	part = grid_part(grid, hash);
	for (size_t at = hash % GRID_PART;; at = (at + 1) % GRID_PART) {
		struct grid_entry *entry = &part->entries[at];

		if (entry->value == 0)
			return NULL;
		if (entry->key == key)
			return entry;
	}
}

/* Adds KEY, which must not be there; VALUE is not 0. */
struct grid_entry *grid_add(struct grid *grid, uint64_t key, uint64_t value);
/* Removes what grid_find gave. */
void grid_remove(struct grid *grid, struct grid_entry *entry);
/* Calls VISIT with every entry, in no order. */
void grid_visit(const struct grid *grid, void (*visit)(void *data, const struct grid_entry *entry), void *data);
void grid_clear(struct grid *grid);

#endif
