/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever blocks there were: a history is found that has their sums; where none has, it is said.
 */
#include "report/heaptrack_plan.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void add(struct counts *to, struct counts part)
{
	to->size += part.size;
	to->count += part.count;
}

static bool same(struct counts a, struct counts b)
{
	return a.size == b.size && a.count == b.count;
}

static void assert_sums(const struct heaptrack_plan *plan, struct counts total, struct counts peak,
	struct counts end)
{
	struct counts sums[3] = {{0}};

	cr_assert(same(plan->lots[FATE_TRIMMED], (struct counts){0, 0}));
	for (int i = 0; i < FATES; i++) {
		cr_assert(plan->lots[i].count || !plan->lots[i].size, "bytes without a block");
		cr_assert_leq(plan->lots[i].count, total.count);
		add(&sums[0], plan->lots[i]);
	}
	add(&sums[1], plan->lots[FATE_FREED]);
	add(&sums[1], plan->lots[FATE_KEPT]);
	add(&sums[2], plan->lots[FATE_KEPT]);
	add(&sums[2], plan->lots[FATE_LATE]);
	cr_assert(same(sums[0], total) && same(sums[1], peak) && same(sums[2], end));
}

/* Any blocks, few enough that every corner is met: none, one, all, empty ones. */
Test(heaptrack_plan, fits_what_was)
{
	struct heaptrack_plan plan;

	srandom(1);
	for (int round = 0; round < 300000; round++) {
		struct counts total = {0}, peak = {0}, end = {0};
		long n = random() % 6;

		for (long i = 0; i < n; i++) {
			struct counts block = {(uint64_t)(random() % 4), 1};

			add(&total, block);
			if (random() % 2)
				add(&peak, block);
			if (random() % 2)
				add(&end, block);
		}
		cr_assert(heaptrack_plan(&plan, total, peak, end),
			"%lu in %lu, peak %lu in %lu, end %lu in %lu", total.size, total.count,
			peak.size, peak.count, end.size, end.count);
		assert_sums(&plan, total, peak, end);
	}
}

Test(heaptrack_plan, keeps_what_may_be_kept)
{
	struct heaptrack_plan plan;

	cr_assert(heaptrack_plan(
		&plan, (struct counts){100, 10}, (struct counts){50, 5}, (struct counts){50, 5}));
	cr_assert(same(plan.lots[FATE_KEPT], (struct counts){50, 5}));
	cr_assert(same(plan.lots[FATE_BRIEF], (struct counts){50, 5}));
	/* Larger than the peak's with fewer bytes: not all can be the same. */
	cr_assert(heaptrack_plan(
		&plan, (struct counts){100, 10}, (struct counts){50, 2}, (struct counts){30, 5}));
	cr_assert(same(plan.lots[FATE_KEPT], (struct counts){0, 1}));
}

/* Where blocks cannot have the sums, bytes still can. */
Test(heaptrack_plan, pieces_of_mappings)
{
	struct heaptrack_plan plan;

	cr_assert(heaptrack_plan(&plan, (struct counts){65536, 1}, (struct counts){65536, 1},
		(struct counts){49152, 2}));
	cr_assert(same(plan.lots[FATE_KEPT], (struct counts){65536, 1}));
	cr_assert_eq(plan.lots[FATE_TRIMMED].size, 16384);
	cr_assert(same(plan.lots[FATE_BRIEF], (struct counts){0, 0}));
	cr_assert(heaptrack_plan(
		&plan, (struct counts){30, 3}, (struct counts){10, 2}, (struct counts){15, 4}));
	cr_assert(same(plan.lots[FATE_KEPT], (struct counts){10, 2}));
	cr_assert(same(plan.lots[FATE_LATE], (struct counts){5, 1}));
	cr_assert_eq(plan.lots[FATE_TRIMMED].count, 0);
}

/* Of any numbers: bytes of both moments hold, and allocations where there are any to tell. */
Test(heaptrack_plan, any_numbers)
{
	struct heaptrack_plan plan;

	srandom(2);
	for (int round = 0; round < 300000; round++) {
		struct counts total = {(uint64_t)(random() % 6), (uint64_t)(random() % 5)};
		struct counts peak = {(uint64_t)(random() % 6), (uint64_t)(random() % 5)};
		struct counts end = {(uint64_t)(random() % 6), (uint64_t)(random() % 5)};
		bool sound = heaptrack_plan(&plan, total, peak, end);
		const struct counts *lots = plan.lots;
		uint64_t calls = lots[FATE_BRIEF].count + lots[FATE_FREED].count +
				 lots[FATE_KEPT].count + lots[FATE_LATE].count;

		for (int i = 0; i < FATES; i++)
			cr_assert(lots[i].count || !lots[i].size, "bytes without a block");
		cr_assert_eq(lots[FATE_FREED].size + lots[FATE_KEPT].size, peak.size);
		cr_assert_eq(lots[FATE_KEPT].size + lots[FATE_LATE].size - lots[FATE_TRIMMED].size,
			end.size);
		cr_assert_eq(sound, calls == total.count);
		if (total.count >= 2)
			cr_assert(sound);
	}
}

Test(heaptrack_plan, contradictions)
{
	struct heaptrack_plan plan;
	struct counts most = {INT64_MAX, INT64_MAX};

	cr_assert_not(heaptrack_plan(
		&plan, (struct counts){10, 0}, (struct counts){5, 0}, (struct counts){10, 0}));
	cr_assert(same(plan.lots[FATE_KEPT], (struct counts){5, 1}));
	cr_assert(same(plan.lots[FATE_LATE], (struct counts){5, 1}));
	cr_assert(heaptrack_plan(&plan, most, most, most));
	cr_assert(same(plan.lots[FATE_KEPT], most));
}

Test(heaptrack_plan, temporary_blocks)
{
	struct heaptrack_plan plan;
	struct counts none = {0, 0};

	cr_assert(heaptrack_plan(&plan, (struct counts){100, 10}, (struct counts){30, 2}, none));
	heaptrack_plan_temporary(&plan, (struct counts){20, 5});
	cr_assert(same(plan.lots[FATE_TEMPORARY], (struct counts){20, 5}));
	cr_assert(same(plan.lots[FATE_BRIEF], (struct counts){50, 3}));
	cr_assert_eq(plan.lacks, 0);
	/* One of them made the peak. */
	cr_assert(heaptrack_plan(&plan, (struct counts){100, 10}, (struct counts){30, 2}, none));
	heaptrack_plan_temporary(&plan, (struct counts){90, 9});
	cr_assert(same(plan.lots[FATE_TEMPORARY], (struct counts){70, 8}));
	cr_assert(same(plan.lots[FATE_BRIEF], none));
	cr_assert_eq(plan.lacks, 1);
	cr_assert(heaptrack_plan(&plan, (struct counts){100, 10}, (struct counts){30, 2}, none));
	heaptrack_plan_temporary(&plan, none);
	cr_assert(same(plan.lots[FATE_BRIEF], (struct counts){70, 8}));
}
