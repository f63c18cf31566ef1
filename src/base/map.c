/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash map with open addressing: a dense array of (value, key) in the order of their adding, and
 * a table of indexes into it, at most half full, searched linearly. Stepping through it is
 * therefore in a fixed order, although the hash is seeded anew in each process: names and numbers
 * come from files that a stranger can have made, and must not be able to choose keys that all
 * collide. Cost: 4 to 16 bytes a key beside the keys themselves. There is no removal.
 */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include "base/memory.h"

#define FIRST_SLOTS 16

static size_t stride(const struct map *map)
{
	return sizeof(uint64_t) + ((map->key_size + 7) & ~(size_t)7);
}

static uint64_t *entry_value(const struct map *map, size_t entry)
{
	return (uint64_t *)(map->entries + entry * stride(map));
}

static uint8_t *entry_key(const struct map *map, size_t entry)
{
	return map->entries + entry * stride(map) + sizeof(uint64_t);
}

/* The slot of KEY: the one that holds it, or the empty one where it belongs. */
static size_t probe(const struct map *map, const void *key)
{
	size_t slot = hash_bytes(key, map->key_size) & (map->n_slots - 1);

	while (map->slots[slot] &&
		memcmp(entry_key(map, map->slots[slot] - 1), key, map->key_size) != 0)
		slot = (slot + 1) & (map->n_slots - 1);
	return slot;
}

static void grow(struct map *map)
{
	free(map->slots);
	map->n_slots = map->n_slots ? map->n_slots * 2 : FIRST_SLOTS;
	map->slots = xcalloc(map->n_slots, sizeof(*map->slots));
	map->entries = xreallocarray(map->entries, map->n_slots / 2, stride(map));
	for (size_t entry = 0; entry < map->count; entry++)
		map->slots[probe(map, entry_key(map, entry))] = (uint32_t)entry + 1;
}

uint64_t *map_find(const struct map *map, const void *key)
{
	if (!map->count)
		return NULL;
	size_t slot = probe(map, key);

	return map->slots[slot] ? entry_value(map, map->slots[slot] - 1) : NULL;
}

uint64_t *map_add(struct map *map, const void *key, uint64_t value, bool *added)
{
	uint64_t *found = map_find(map, key);

	if (added)
		*added = !found;
	if (found)
		return found;
	if (map->count == map->n_slots / 2)
		grow(map);
	map->slots[probe(map, key)] = (uint32_t)map->count + 1;
	memcpy(entry_key(map, map->count), key, map->key_size);
	*entry_value(map, map->count) = value;
	return entry_value(map, map->count++);
}

bool map_next(const struct map *map, size_t *position, const void **key, uint64_t **value)
{
	if (*position >= map->count)
		return false;
	*key = entry_key(map, *position);
	*value = entry_value(map, *position);
	++*position;
	return true;
}

void map_free(struct map *map)
{
	free(map->entries);
	free(map->slots);
	*map = (struct map){.key_size = map->key_size};
}

static uint64_t load(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	if (size)
		memcpy(&word, bytes, size);
	return word;
}

/* Both halves of a 128-bit product folded: every bit of A and B reaches every bit of the result. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_bytes(const void *data, size_t size)
{
	static uint64_t seed[2];
	const uint8_t *at = data;

	if (!seed[1]) {
		const void *random = (const void *)getauxval(AT_RANDOM);

		if (random)
			memcpy(seed, random, sizeof(seed));
		seed[0] |= 1;
		seed[1] |= 1;
	}
	uint64_t hash = seed[0] ^ fold(size ^ 0x9e3779b97f4a7c15ull, seed[1]);
	size_t left = size;

	for (; left > 8; left -= 8, at += 8)
		hash = fold(hash ^ load(at, 8), seed[1] ^ 0xe7037ed1a0b428dbull);
	hash = fold(hash ^ load(at, left), seed[1] ^ 0x8ebc6af09c88c6e3ull);
	return fold(hash ^ seed[0], 0x9e3779b97f4a7c15ull);
}
