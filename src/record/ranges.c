/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sorted array: programs have few mappings of their own (an allocator's are hidden behind malloc), and a mapping costs a
 * system call anyway.
 */
#include <string.h>
#include "record/ranges.h"

/* The first range of DOMAIN that ends after ADDR, or where it would stand. */
static size_t first_after(const struct ranges *ranges, uint32_t domain, uint64_t addr)
{
	size_t low = 0, high = ranges->items.count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct range *range = &ranges->items.items[middle];

		if (range->domain < domain || (range->domain == domain && range->end <= addr))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct ranges *ranges, size_t at, struct range range)
{
	ARRAY_PUSH(&ranges->items);
	memmove(&ranges->items.items[at + 1], &ranges->items.items[at],
		(ranges->items.count - 1 - at) * sizeof range);
	ranges->items.items[at] = range;
}

void ranges_cut(struct ranges *ranges, uint32_t domain, uint64_t start, uint64_t end, struct range_cuts *cuts)
{
	size_t at = first_after(ranges, domain, start);

	while (at < ranges->items.count) {
		struct range *range = &ranges->items.items[at], old = *range;
		struct mapping *mapping = &ranges->mappings.items[old.mapping];
		uint64_t from = old.start > start ? old.start : start, to = old.end < end ? old.end : end;
		struct range_cut *cut;

		if (old.domain != domain || old.start >= end)
			return;
		if (old.start < from && to < old.end) {
			range->end = from;
			mapping->pieces++;
			insert(ranges, at + 1, (struct range){ domain, old.mapping, to, old.end });
		} else if (old.start < from) {
			range->end = from;
			at++;
		} else if (to < old.end) {
			range->start = to;
		} else {
			memmove(range, range + 1, (ranges->items.count - 1 - at) * sizeof *range);
			ranges->items.count--;
			mapping->pieces--;
		}
		cut = ARRAY_PUSH(cuts);
		*cut = (struct range_cut){ domain, mapping->trace, old.mapping, from, to, mapping->pieces == 0 };
		if (cut->last)
			*ARRAY_PUSH(&ranges->unused) = old.mapping;
		if (to == end)
			return;
	}
}

static uint32_t new_mapping(struct ranges *ranges, uint32_t trace)
{
	uint32_t mapping = (uint32_t)ranges->mappings.count;

	if (ranges->unused.count)
		mapping = ranges->unused.items[--ranges->unused.count];
	else
		ARRAY_PUSH(&ranges->mappings);
	ranges->mappings.items[mapping] = (struct mapping){ trace, 1 };
	return mapping;
}

void ranges_add(struct ranges *ranges, uint32_t domain, uint64_t start, uint64_t end, uint32_t trace)
{
	insert(ranges, first_after(ranges, domain, start),
		(struct range){ domain, new_mapping(ranges, trace), start, end });
}

bool ranges_put_back(struct ranges *ranges, const struct range_cut *cut)
{
	const struct mapping *mapping = &ranges->mappings.items[cut->mapping];
	bool alone = cut->last || cut->mapping >= ranges->mappings.count || !mapping->pieces ||
		mapping->trace != cut->trace;
	uint32_t index = cut->mapping;

	if (alone)
		index = new_mapping(ranges, cut->trace);
	else
		ranges->mappings.items[index].pieces++;
	insert(ranges, first_after(ranges, cut->domain, cut->start),
		(struct range){ cut->domain, index, cut->start, cut->end });
	return alone;
}

bool ranges_free(const struct ranges *ranges, uint32_t domain, uint64_t start, uint64_t end)
{
	size_t at = first_after(ranges, domain, start);

	return at == ranges->items.count || ranges->items.items[at].domain != domain ||
		ranges->items.items[at].start >= end;
}

void ranges_release(struct ranges *ranges)
{
	ARRAY_FREE(&ranges->items);
	ARRAY_FREE(&ranges->mappings);
	ARRAY_FREE(&ranges->unused);
}
