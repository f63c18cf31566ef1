/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of blocks, and how large they were: a life is beside each trace, as its row. Most traces have blocks of one
 * size, so size classes are a sorted list; so are lifetimes, which are few anyway.
 */
#include <stdlib.h>
#include "model/snapshot.h"

void snapshot_alloc_lives(struct snapshot *snapshot)
{
	snapshot->keeps_lives = true;
	while (snapshot->lives.count < snapshot->traces.count)
		ARRAY_PUSH(&snapshot->lives);
}

/* A sum that is too large stays so: the check will see it. */
static void add(struct counts *sum, const struct counts *counts)
{
	if (__builtin_add_overflow(sum->size, counts->size, &sum->size))
		sum->size = UINT64_MAX;
	if (__builtin_add_overflow(sum->count, counts->count, &sum->count))
		sum->count = UINT64_MAX;
}

static uint64_t limited(unsigned __int128 sum)
{
	return sum > UINT64_MAX ? UINT64_MAX : (uint64_t)sum;
}

void life_add(struct life *into, const struct life *life)
{
	unsigned __int128 timed = (unsigned __int128)into->timed + life->timed;
	unsigned __int128 ns = (unsigned __int128)into->timed * into->lifetime_ns;

	/* Each is below 2^126, as the check would have it. */
	if (!__builtin_add_overflow(ns, (unsigned __int128)life->timed * life->lifetime_ns, &ns) && timed)
		into->lifetime_ns = (uint64_t)(ns / timed);
	into->timed = limited(timed);
	into->grown = limited((unsigned __int128)into->grown + life->grown);
	add(&into->temporary, &life->temporary);
	add(&into->moved, &life->moved);
}

static int compare_sizes(const void *a_data, const void *b_data)
{
	const struct size_class *a = a_data, *b = b_data;
	uint32_t a_class = size_class_of(a->min), b_class = size_class_of(b->min);

	if (a->trace != b->trace)
		return a->trace < b->trace ? -1 : 1;
	return (a_class > b_class) - (a_class < b_class);
}

static void join_sizes(void *into_data, const void *size_data)
{
	struct size_class *into = into_data;
	const struct size_class *size = size_data;

	into->min = size->min < into->min ? size->min : into->min;
	into->max = size->max > into->max ? size->max : into->max;
	add(&into->total, &size->total);
	add(&into->live, &size->live);
}

void snapshot_sort_sizes(struct snapshot *snapshot)
{
	ARRAY_JOIN(&snapshot->sizes, compare_sizes, join_sizes);
}

static int compare_lifetimes(const void *a_data, const void *b_data)
{
	const struct lifetime *a = a_data, *b = b_data;

	return (a->class > b->class) - (a->class < b->class);
}

static void join_lifetimes(void *into, const void *lifetime)
{
	add(&((struct lifetime *)into)->counts, &((const struct lifetime *)lifetime)->counts);
}

void snapshot_sort_lifetimes(struct snapshot *snapshot)
{
	ARRAY_JOIN(&snapshot->lifetimes, compare_lifetimes, join_lifetimes);
}

const struct size_class *snapshot_sizes_of(const struct snapshot *snapshot, uint32_t trace, size_t *n)
{
	size_t low = 0, high = snapshot->sizes.count, first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (snapshot->sizes.items[middle].trace < trace)
			low = middle + 1;
		else
			high = middle;
	}
	for (first = low; low < snapshot->sizes.count && snapshot->sizes.items[low].trace == trace;)
		low++;
	*n = low - first;
	return *n ? &snapshot->sizes.items[first] : NULL;
}
