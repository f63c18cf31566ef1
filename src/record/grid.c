/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extendible hashing; the picture stands in the header. No change touches more than one part and its new neighbour, but for
 * the array of pointers, which doubles after every doubling of the entries and is then 1/300 of their size.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/map.h"
#include "base/memory.h"
#include "record/grid.h"

enum { PART_FULL = GRID_PART / 4 * 3, DEPTH_MAX = 36 };

static void begin(struct grid *grid)
{
	struct grid_part *part = xcalloc(1, sizeof *part);

	grid->seed = hash_bytes("grid", 4);
	grid->depth = 1;
	grid->parts = xreallocarray(NULL, 2, sizeof *grid->parts);
	grid->parts[0] = grid->parts[1] = part;
}

static struct grid_entry *place(struct grid_part *part, uint64_t hash, uint64_t key, uint64_t value)
{
	size_t at = hash % GRID_PART;

	while (part->entries[at].value)
		at = (at + 1) % GRID_PART;
	part->entries[at] = (struct grid_entry){ key, value };
	part->count++;
	return &part->entries[at];
}

static void double_parts(struct grid *grid)
{
	size_t count = (size_t)1 << grid->depth;

	assert(grid->depth < DEPTH_MAX);
	grid->parts = xreallocarray(grid->parts, count * 2, sizeof *grid->parts);
	for (size_t i = count; i-- > 0;)
		grid->parts[2 * i] = grid->parts[2 * i + 1] = grid->parts[i];
	grid->depth++;
}

/* The part that HASH is in becomes two, by the next bit. */
static void split(struct grid *grid, uint64_t hash)
{
	struct grid_part *old = grid_part(grid, hash), *halves[2];
	size_t first, share;

	if (old->depth == grid->depth)
		double_parts(grid);
	for (size_t i = 0; i < 2; i++) {
		halves[i] = xcalloc(1, sizeof *old);
		halves[i]->depth = old->depth + 1;
	}
	for (size_t at = 0; at < GRID_PART; at++) {
		const struct grid_entry *entry = &old->entries[at];
		uint64_t its = grid_hash(grid, entry->key);

		if (entry->value)
			place(halves[its >> (63 - old->depth) & 1], its, entry->key, entry->value);
	}
	share = (size_t)1 << (grid->depth - old->depth);
	first = (hash >> (64 - grid->depth)) & ~(share - 1);
	for (size_t i = 0; i < share; i++)
		grid->parts[first + i] = halves[i >= share / 2];
	free(old);
}

struct grid_entry *grid_add(struct grid *grid, uint64_t key, uint64_t value)
{
	uint64_t hash;

	if (!grid->parts)
		begin(grid);
	hash = grid_hash(grid, key);
	while (grid_part(grid, hash)->count >= PART_FULL)
		split(grid, hash);
	grid->count++;
	return place(grid_part(grid, hash), hash, key, value);
}

void grid_remove(struct grid *grid, struct grid_entry *entry)
{
	struct grid_part *part = grid_part(grid, grid_hash(grid, entry->key));
	size_t hole = (size_t)(entry - part->entries);

	/* Whatever stands behind the hole and could stand in it moves there. */
	for (size_t at = (hole + 1) % GRID_PART; part->entries[at].value; at = (at + 1) % GRID_PART) {
		size_t wants = grid_hash(grid, part->entries[at].key) % GRID_PART;

		if ((at - wants) % GRID_PART >= (at - hole) % GRID_PART) {
			part->entries[hole] = part->entries[at];
			hole = at;
		}
	}
	part->entries[hole].value = 0;
	part->count--;
	grid->count--;
}

/* The places in `parts` that the part at I has. */
static size_t share_of(const struct grid *grid, size_t i)
{
	return (size_t)1 << (grid->depth - grid->parts[i]->depth);
}

void grid_visit(const struct grid *grid, void (*visit)(void *data, const struct grid_entry *entry), void *data)
{
	if (!grid->parts)
		return;
	for (size_t i = 0; i < (size_t)1 << grid->depth; i += share_of(grid, i))
		for (size_t at = 0; at < GRID_PART; at++)
			if (grid->parts[i]->entries[at].value)
				visit(data, &grid->parts[i]->entries[at]);
}

void grid_clear(struct grid *grid)
{
	for (size_t i = 0, share; grid->parts && i < (size_t)1 << grid->depth; i += share) {
		share = share_of(grid, i);
		free(grid->parts[i]);
	}
	free(grid->parts);
	memset(grid, 0, sizeof *grid);
}
