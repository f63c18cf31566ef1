/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mappings: trims, splits and undo, against one byte of truth a page. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "record/ranges.h"

static uint64_t cut_bytes(const struct range_cuts *cuts)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < cuts->count; i++)
		sum += cuts->items[i].end - cuts->items[i].start;
	return sum;
}

Test(ranges, a_hole_splits_and_keeps_one_block)
{
	struct ranges ranges = { 0 };
	struct range_cuts cuts = { 0 };

	ranges_add(&ranges, &(struct range){1, 0, 0x1000, 0x9000}, 5, 0x8000, 0);
	ranges_cut(&ranges, 1, 0x3000, 0x4000, 0, &cuts);
	cr_assert_eq(cuts.count, 1);
	cr_assert_eq(cuts.items[0].trace, 5);
	cr_assert_not(cuts.items[0].last);
	cr_assert_eq(ranges.count, 2);
	cuts.count = 0;
	ranges_cut(&ranges, 1, 0, 0x3000, 0, &cuts);
	cr_assert_not(cuts.items[0].last);
	cuts.count = 0;
	ranges_cut(&ranges, 1, 0, UINT64_MAX, 0, &cuts);
	cr_assert(cuts.items[0].last);
	cr_assert_eq(cut_bytes(&cuts), 0x5000);
	cr_assert_eq(ranges.count, 0);
	free(cuts.items);
	ranges_release(&ranges);
}

Test(ranges, put_back_undoes_a_cut)
{
	struct ranges ranges = { 0 };
	struct range_cuts cuts = { 0 }, again = { 0 };

	ranges_add(&ranges, &(struct range){1, 0, 0x1000, 0x3000}, 1, 0x2000, 0);
	ranges_add(&ranges, &(struct range){1, 0, 0x3000, 0x5000}, 2, 0x2000, 0);
	ranges_cut(&ranges, 1, 0x2000, 0x6000, 0, &cuts);
	cr_assert_eq(cuts.count, 2);
	for (size_t i = 0; i < cuts.count; i++)
		ranges_put_back(&ranges, &cuts.items[i]);
	ranges_cut(&ranges, 1, 0, UINT64_MAX, 0, &again);
	cr_assert_eq(cut_bytes(&again), 0x4000);
	cr_assert_eq(again.items[0].last + again.items[1].last + again.items[again.count - 1].last >= 1, 1);
	free(cuts.items);
	free(again.items);
	ranges_release(&ranges);
}

Test(ranges, domains_are_apart)
{
	struct ranges ranges = { 0 };
	struct range_cuts cuts = { 0 };

	ranges_add(&ranges, &(struct range){1, 0, 0x1000, 0x2000}, 1, 0x1000, 0);
	ranges_add(&ranges, &(struct range){2, 0, 0x1000, 0x2000}, 2, 0x1000, 0);
	ranges_cut(&ranges, 2, 0, UINT64_MAX, 0, &cuts);
	cr_assert_eq(cuts.count, 1);
	cr_assert_eq(cuts.items[0].trace, 2);
	cr_assert_eq(ranges.count, 1);
	free(cuts.items);
	ranges_release(&ranges);
}

enum { PAGES = 4000, STEPS = 20000 };

/* Maps and unmaps of at most LONGEST pages; returns the most ranges that there were. */
static size_t map_at_random(uint64_t longest)
{
	uint32_t truth[PAGES] = { 0 }; /* trace + 1 of each page */
	size_t most = 0;
	struct ranges ranges = { 0 };
	struct range_cuts cuts = { 0 };

	srand(3);
	for (uint32_t step = 0; step < STEPS; step++) {
		uint64_t from = (uint64_t)rand() % PAGES, to = from + 1 + (uint64_t)rand() % longest, gone = 0;

		to = to > PAGES ? PAGES : to;
		for (uint64_t page = from; page < to; page++)
			gone += truth[page] != 0;
		cuts.count = 0;
		ranges_cut(&ranges, 1, from << 12, to << 12, 0, &cuts);
		cr_assert_eq(cut_bytes(&cuts), gone << 12);
		for (size_t i = 0; i < cuts.count; i++)
			for (uint64_t page = cuts.items[i].start >> 12; page < cuts.items[i].end >> 12; page++)
				cr_assert_eq(truth[page], cuts.items[i].trace + 1);
		for (uint64_t page = from; page < to; page++)
			truth[page] = step % 2 ? step + 1 : 0;
		if (step % 2)
			ranges_add(&ranges, &(struct range){1, 0, from << 12, to << 12}, step, (to - from) << 12, 0);
		most = ranges.count > most ? ranges.count : most;
	}
	cuts.count = 0;
	ranges_cut(&ranges, 1, 0, UINT64_MAX, 0, &cuts);
	cr_assert_eq(ranges.count, 0);
	free(cuts.items);
	ranges_release(&ranges);
	return most;
}

Test(ranges, random_maps_and_unmaps)
{
	map_at_random(PAGES);
}

Test(ranges, many_small_mappings)
{
	cr_assert_gt(map_at_random(3), 10 * RANGES_CHUNK);
}
