/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rows of resident memory: few (some kinds a moment), so they are looked for one by one.
 */
#include "model/snapshot.h"

#include <stdlib.h>
#include "base/error.h"

static const char *const names[] = {
	[MEMORY_RESIDENT] = "resident",
	[MEMORY_ALLOCATOR] = "allocator",
	[MEMORY_MAPPED] = "mapped",
	[MEMORY_FILES] = "files",
	[MEMORY_DATA] = "data",
	[MEMORY_SHARED] = "shared",
	[MEMORY_STACKS] = "stacks",
	[MEMORY_MEMTRACE] = "memtrace",
	[MEMORY_OTHER] = "other",
	[MEMORY_REQUESTED] = "requested",
	[MEMORY_USABLE] = "usable",
	[MEMORY_AGE_NS] = "age_ns",
};

const char *memory_kind_name(enum memory_kind kind)
{
	return names[kind];
}

bool snapshot_memory(const struct snapshot *snapshot, size_t moment, enum memory_kind kind, uint64_t *size)
{
	for (size_t i = 0; i < snapshot->memory.count; i++) {
		const struct memory_part *part = &snapshot->memory.items[i];

		if (part->moment != moment || part->kind != (uint32_t)kind)
			continue;
		*size = part->size;
		return true;
	}
	return false;
}

void snapshot_add_memory(struct snapshot *snapshot, size_t moment, enum memory_kind kind, uint64_t size)
{
	*ARRAY_PUSH(&snapshot->memory) = (struct memory_part){(uint32_t)moment, kind, size};
}

static int compare(const void *a_data, const void *b_data)
{
	const struct memory_part *a = a_data, *b = b_data;

	if (a->moment != b->moment)
		return a->moment < b->moment ? -1 : 1;
	return (a->kind > b->kind) - (a->kind < b->kind);
}

void snapshot_sort_memory(struct snapshot *snapshot)
{
	if (snapshot->memory.count)
		qsort(snapshot->memory.items, snapshot->memory.count, sizeof(struct memory_part), compare);
}

static int bad(struct error *err, size_t index, const char *what)
{
	return error_set(err, "memory %zu %s", index, what);
}

/* What is resident is the sum of its parts. */
static int check_sum(const struct snapshot *snapshot, size_t first, struct error *err)
{
	uint64_t sum = 0, size;

	for (int kind = MEMORY_RESIDENT + 1; kind < MEMORY_PARTS_END; kind++) {
		if (snapshot_memory(snapshot, snapshot->memory.items[first].moment, kind, &size) &&
			(__builtin_add_overflow(sum, size, &sum) || sum > SNAPSHOT_SIZE_MAX))
			return bad(err, first, "has parts that add up to more than 2^63 - 1");
	}
	if (snapshot->memory.items[first].kind != MEMORY_RESIDENT || snapshot->memory.items[first].size != sum)
		return bad(err, first, "is not the sum of its parts");
	return 0;
}

int snapshot_check_memory(const struct snapshot *snapshot, struct error *err)
{
	for (size_t i = 0; i < snapshot->memory.count; i++) {
		const struct memory_part *part = &snapshot->memory.items[i], *before = part - 1;

		if (part->moment >= snapshot->moments.count)
			return bad(err, i, "is of a moment that is not there");
		if (part->kind >= MEMORY_KINDS)
			return bad(err, i, "is of an unknown kind");
		if (i && compare(before, part) >= 0)
			return bad(err, i, "does not come after the one before it");
		if (part->size > SNAPSHOT_SIZE_MAX)
			return bad(err, i, "is larger than 2^63 - 1");
	}
	for (size_t i = 0; i < snapshot->memory.count; i++) {
		if ((i == 0 || snapshot->memory.items[i - 1].moment != snapshot->memory.items[i].moment) &&
			check_sum(snapshot, i, err) < 0)
			return -1;
	}
	return 0;
}
