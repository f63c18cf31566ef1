/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Resident memory adds up kind by kind, at moments at which it is known of all of them; of the times since it was looked at the
 * longest stays. What is known of some only, like the usable bytes where allocators differ, is not known of the whole. A page
 * that several processes share counts in each, as it does in their resident sizes.
 */
#include "model/snapshot_merge.h"

static void add_kind(struct snapshot *into, uint32_t moment, enum memory_kind kind, const struct merge_source *sources, size_t n,
	uint32_t *const *numbers, bool *over)
{
	uint64_t sum = 0, size;
	size_t known = 0;

	for (size_t s = 0; s < n; s++) {
		const struct snapshot *from = sources[s].snapshot;

		for (size_t i = 0; i < from->moments.count; i++) {
			if (numbers[s][i] != moment || !snapshot_memory(from, i, kind, &size))
				continue;
			known++;
			if (kind != MEMORY_AGE_NS)
				merge_add(&sum, size, over);
			else if (size > sum)
				sum = size;
		}
	}
	if (known == n)
		snapshot_add_memory(into, moment, kind, sum);
}

void merge_memory(struct snapshot *into, const struct merge_source *sources, size_t n, uint32_t *const *numbers, bool *over)
{
	for (uint32_t moment = 0; moment < into->moments.count; moment++) {
		size_t before = into->memory.count;

		for (int kind = 0; kind < MEMORY_KINDS; kind++)
			add_kind(into, moment, kind, sources, n, numbers, over);
		/* Of some only: what is left would be no sum of anything. */
		if (into->memory.count > before && into->memory.items[before].kind != MEMORY_RESIDENT)
			into->memory.count = before;
	}
}
