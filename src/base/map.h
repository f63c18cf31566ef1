/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash map from a fixed-size key to a uint64_t, open addressing, keys copied. For interning and
 * joining; the recorder's live table is its own (record/live.h), since it is hot. A zeroed map with
 * key_size set is empty.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
	size_t key_size;  /* bytes; keys are compared with memcmp, so padding must be zero */
	size_t count;	  /* at most UINT32_MAX / 2 */
	uint8_t *entries; /* count × (value, key), in the order of adding; private, as all below */
	uint32_t *slots;  /* index of an entry + 1; 0 empty */
	size_t n_slots;	  /* a power of two, at least twice the count */
};

#define MAP_INIT(type)                                                                             \
	{                                                                                          \
		.key_size = sizeof(type)                                                           \
	}

/* Where the value of KEY lies, or NULL. Valid until the next map_add. */
uint64_t *map_find(const struct map *map, const void *key);
/* The same; a new key gets VALUE first and *added = true (ADDED may be NULL). */
uint64_t *map_add(struct map *map, const void *key, uint64_t value, bool *added);
/* Steps through all entries in the order they were added: start with *position = 0; false at the
 * end. KEY and VALUE point into the map. */
bool map_next(const struct map *map, size_t *position, const void **key, uint64_t **value);
void map_free(struct map *map);

/* A good 64-bit hash of bytes, for tables of one's own. Seeded in each process anew: never write it
 * down, and let no order that anyone sees depend on it. */
uint64_t hash_bytes(const void *data, size_t size);

#endif
