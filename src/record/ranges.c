/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sorted array, cut into chunks of at most 64 ranges so that adding one moves few others: the kernel maps downwards, and a
 * program with 100 000 mappings would otherwise move all of them at each. A full chunk becomes two, an empty one goes; chunks
 * do not join.
 */
#include <stdlib.h>
#include <string.h>
#include "record/ranges.h"

/* The chunk's number (that of none: behind the last range), and the range's in it. */
struct place {
	size_t chunk;
	uint32_t at;
};

static bool is_before(const struct range *range, uint32_t domain, uint64_t addr)
{
	return range->domain < domain || (range->domain == domain && range->end <= addr);
}

/* The first range of DOMAIN that ends after ADDR, or where it would stand. */
static struct place first_after(const struct ranges *ranges, uint32_t domain, uint64_t addr)
{
	size_t low = 0, high = ranges->chunks.count;
	struct place place = { 0 };

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct range_chunk *chunk = ranges->chunks.items[middle];

		if (is_before(&chunk->items[chunk->count - 1], domain, addr))
			low = middle + 1;
		else
			high = middle;
	}
	place.chunk = low;
	if (low < ranges->chunks.count)
		while (is_before(&ranges->chunks.items[low]->items[place.at], domain, addr))
			place.at++;
	return place;
}

static struct range *range_at(const struct ranges *ranges, struct place place)
{
	return place.chunk < ranges->chunks.count ? &ranges->chunks.items[place.chunk]->items[place.at] : NULL;
}

static struct place next_place(const struct ranges *ranges, struct place place)
{
	if (place.at + 1 < ranges->chunks.items[place.chunk]->count)
		return (struct place){ place.chunk, place.at + 1 };
	return (struct place){ place.chunk + 1, 0 };
}

static struct range_chunk *add_chunk(struct ranges *ranges, size_t number)
{
	struct range_chunk **chunks;

	ARRAY_PUSH(&ranges->chunks);
	chunks = ranges->chunks.items + number;
	memmove(chunks + 1, chunks, (ranges->chunks.count - 1 - number) * sizeof *chunks);
	return *chunks = xcalloc(1, sizeof **chunks);
}

static void split(struct ranges *ranges, size_t number)
{
	struct range_chunk *upper = add_chunk(ranges, number + 1), *lower = ranges->chunks.items[number];

	lower->count = RANGES_CHUNK / 2;
	upper->count = RANGES_CHUNK - lower->count;
	memcpy(upper->items, lower->items + lower->count, upper->count * sizeof *upper->items);
}

static void insert(struct ranges *ranges, struct place place, struct range range)
{
	struct range_chunk *chunk;

	/* Behind the last one is at the last chunk's end. */
	if (place.chunk == ranges->chunks.count && place.chunk)
		place = (struct place){ place.chunk - 1, ranges->chunks.items[place.chunk - 1]->count };
	chunk = place.chunk < ranges->chunks.count ? ranges->chunks.items[place.chunk] : add_chunk(ranges, 0);
	if (chunk->count == RANGES_CHUNK) {
		split(ranges, place.chunk);
		if (place.at > chunk->count) {
			place.at -= chunk->count;
			chunk = ranges->chunks.items[place.chunk + 1];
		}
	}
	memmove(&chunk->items[place.at + 1], &chunk->items[place.at], (chunk->count - place.at) * sizeof range);
	chunk->items[place.at] = range;
	chunk->count++;
	ranges->count++;
}

/* Returns where the next range now stands. */
static struct place take_out(struct ranges *ranges, struct place place)
{
	struct range_chunk **chunks = ranges->chunks.items + place.chunk, *chunk = *chunks;

	ranges->count--;
	if (--chunk->count == 0) {
		free(chunk);
		memmove(chunks, chunks + 1, (--ranges->chunks.count - place.chunk) * sizeof *chunks);
		return place;
	}
	memmove(&chunk->items[place.at], &chunk->items[place.at + 1], (chunk->count - place.at) * sizeof *chunk->items);
	return place.at < chunk->count ? place : (struct place){ place.chunk + 1, 0 };
}

void ranges_cut(struct ranges *ranges, uint32_t domain, uint64_t start, uint64_t end, uint64_t tick, struct range_cuts *cuts)
{
	struct place place = first_after(ranges, domain, start);
	struct range *range;

	while ((range = range_at(ranges, place))) {
		const struct range old = *range;
		struct mapping *mapping = &ranges->mappings.items[old.mapping];
		uint64_t from = old.start > start ? old.start : start, to = old.end < end ? old.end : end;
		struct range_cut *cut;

		if (old.domain != domain || old.start >= end)
			return;
		if (mapping->tick > tick) {
			place = next_place(ranges, place);
			continue;
		}
		if (old.start < from && to < old.end) {
			range->end = from;
			mapping->pieces++;
			insert(ranges, (struct place){ place.chunk, place.at + 1 },
				(struct range){ domain, old.mapping, to, old.end });
		} else if (old.start < from) {
			range->end = from;
			place = next_place(ranges, place);
		} else if (to < old.end) {
			range->start = to;
		} else {
			place = take_out(ranges, place);
			mapping->pieces--;
		}
		cut = ARRAY_PUSH(cuts);
		*cut = (struct range_cut){ .domain = domain, .trace = mapping->trace, .mapping = old.mapping, .start = from,
			.end = to, .last = mapping->pieces == 0, .whole = mapping->size, .born = mapping->tick };
		if (cut->last)
			*ARRAY_PUSH(&ranges->unused) = old.mapping;
		if (to == end)
			return;
	}
}

static uint32_t new_mapping(struct ranges *ranges, uint32_t trace, uint64_t size, uint64_t tick)
{
	uint32_t mapping = (uint32_t)ranges->mappings.count;

	if (ranges->unused.count)
		mapping = ranges->unused.items[--ranges->unused.count];
	else
		ARRAY_PUSH(&ranges->mappings);
	ranges->mappings.items[mapping] = (struct mapping){ trace, 1, tick, size };
	return mapping;
}

uint32_t ranges_add(struct ranges *ranges, const struct range *piece, uint32_t trace, uint64_t size, uint64_t tick)
{
	uint32_t mapping = new_mapping(ranges, trace, size, tick);

	insert(ranges, first_after(ranges, piece->domain, piece->start),
		(struct range){ piece->domain, mapping, piece->start, piece->end });
	return mapping;
}

bool ranges_put_back(struct ranges *ranges, const struct range_cut *cut)
{
	const struct mapping *mapping = &ranges->mappings.items[cut->mapping];
	bool alone = cut->last || cut->mapping >= ranges->mappings.count || !mapping->pieces ||
		mapping->trace != cut->trace;
	uint32_t index = cut->mapping;

	if (alone)
		index = new_mapping(ranges, cut->trace, cut->whole, cut->born);
	else
		ranges->mappings.items[index].pieces++;
	insert(ranges, first_after(ranges, cut->domain, cut->start),
		(struct range){ cut->domain, index, cut->start, cut->end });
	return alone;
}

bool ranges_free(const struct ranges *ranges, uint32_t domain, uint64_t start, uint64_t end)
{
	const struct range *range = range_at(ranges, first_after(ranges, domain, start));

	return !range || range->domain != domain || range->start >= end;
}

uint32_t ranges_trace(const struct ranges *ranges, uint32_t domain, uint64_t addr)
{
	const struct range *range = range_at(ranges, first_after(ranges, domain, addr));

	return range && range->domain == domain && range->start <= addr ? ranges->mappings.items[range->mapping].trace :
									  UINT32_MAX;
}

void ranges_release(struct ranges *ranges)
{
	for (size_t i = 0; i < ranges->chunks.count; i++)
		free(ranges->chunks.items[i]);
	ARRAY_FREE(&ranges->chunks);
	ranges->count = 0;
	ARRAY_FREE(&ranges->mappings);
	ARRAY_FREE(&ranges->unused);
}
