/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Interned byte strings: an arena of bytes that never move, an array of (where, how long, hash) by
 * id, and a table of ids searched linearly, at most half full. A string costs its bytes, a NUL and
 * about 32 bytes; the hash is kept, so that growing the table reads no bytes. Nothing is ever taken
 * out.
 */
#include "base/strings.h"

#include <stdlib.h>
#include <string.h>
#include "base/map.h"
#include "base/memory.h"

#define FIRST_SLOTS 64
#define CHUNK_SIZE 65536

struct entry {
	const char *data;
	size_t size;
	uint64_t hash;
};

struct chunk {
	struct chunk *next;
	char bytes[];
};

struct strings {
	ARRAY(struct entry) entries;
	uint32_t *slots;      /* id + 1; 0 empty */
	size_t n_slots;	      /* a power of two */
	struct chunk *chunks; /* the newest first */
	char *free_at;	      /* in the newest small chunk */
	size_t free_size;
};

static char *arena_bytes(struct strings *strings, size_t size)
{
	struct chunk *chunk;
	char *at = strings->free_at;

	if (size > strings->free_size) {
		size_t room = size > CHUNK_SIZE / 4 ? size : CHUNK_SIZE;

		chunk = xmalloc(sizeof(*chunk) + room);
		chunk->next = strings->chunks;
		strings->chunks = chunk;
		/* A long string has a chunk to itself and leaves the present one in use. */
		if (room == size)
			return chunk->bytes;
		at = chunk->bytes;
		strings->free_size = room;
	}
	strings->free_at = at + size;
	strings->free_size -= size;
	return at;
}

static size_t probe(const struct strings *strings, uint64_t hash, const char *data, size_t size)
{
	size_t slot = hash & (strings->n_slots - 1);

	for (; strings->slots[slot]; slot = (slot + 1) & (strings->n_slots - 1)) {
		const struct entry *entry = &strings->entries.items[strings->slots[slot] - 1];

		if (entry->hash == hash && entry->size == size &&
			memcmp(entry->data, data, size) == 0)
			break;
	}
	return slot;
}

static void grow(struct strings *strings)
{
	free(strings->slots);
	strings->n_slots = strings->n_slots ? strings->n_slots * 2 : FIRST_SLOTS;
	strings->slots = xcalloc(strings->n_slots, sizeof(*strings->slots));
	for (size_t id = 0; id < strings->entries.count; id++) {
		size_t slot = strings->entries.items[id].hash & (strings->n_slots - 1);

		while (strings->slots[slot])
			slot = (slot + 1) & (strings->n_slots - 1);
		strings->slots[slot] = (uint32_t)id + 1;
	}
}

struct strings *strings_new(void)
{
	struct strings *strings = xcalloc(1, sizeof(*strings));

	strings_add(strings, "");
	return strings;
}

void strings_free(struct strings *strings)
{
	if (!strings)
		return;
	for (struct chunk *chunk = strings->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	ARRAY_FREE(&strings->entries);
	free(strings->slots);
	free(strings);
}

string_id strings_add(struct strings *strings, const char *text)
{
	return strings_add_bytes(strings, text, strlen(text));
}

string_id strings_add_bytes(struct strings *strings, const char *data, size_t size)
{
	uint64_t hash = hash_bytes(data, size);

	if (!size)
		data = "";
	if (strings->entries.count >= strings->n_slots / 2)
		grow(strings);
	size_t slot = probe(strings, hash, data, size);

	if (!strings->slots[slot]) {
		char *copy = arena_bytes(strings, size + 1);

		memcpy(copy, data, size);
		copy[size] = '\0';
		*ARRAY_PUSH(&strings->entries) = (struct entry){copy, size, hash};
		strings->slots[slot] = (uint32_t)strings->entries.count;
	}
	return strings->slots[slot] - 1;
}

const char *strings_get(const struct strings *strings, string_id id)
{
	return id < strings->entries.count ? strings->entries.items[id].data : "";
}

size_t strings_size(const struct strings *strings, string_id id)
{
	return id < strings->entries.count ? strings->entries.items[id].size : 0;
}

uint32_t strings_count(const struct strings *strings)
{
	return (uint32_t)strings->entries.count;
}
