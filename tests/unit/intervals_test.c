/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges: the innermost owns an address, or the first; checked against the definition on random
 * sets. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "symbol/intervals.h"

Test(intervals, the_innermost_owns)
{
	struct intervals set = {0};

	intervals_add(&set, 10, 100, 0);
	intervals_add(&set, 20, 60, 1);
	intervals_add(&set, 30, 40, 2);
	intervals_add(&set, 60, 70, 3);
	intervals_add(&set, 200, 300, 4);
	intervals_flatten(&set);
	cr_assert_eq(intervals_find(&set, 9), INTERVAL_NONE);
	cr_assert_eq(intervals_find(&set, 10), 0);
	cr_assert_eq(intervals_find(&set, 20), 1);
	cr_assert_eq(intervals_find(&set, 39), 2);
	cr_assert_eq(intervals_find(&set, 40), 1);
	cr_assert_eq(intervals_find(&set, 60), 3);
	cr_assert_eq(intervals_find(&set, 99), 0);
	cr_assert_eq(intervals_find(&set, 100), INTERVAL_NONE);
	cr_assert_eq(intervals_find(&set, 299), 4);
	cr_assert_eq(intervals_find(&set, 300), INTERVAL_NONE);
	intervals_free(&set);
}

Test(intervals, the_first_owns_after_a_cut)
{
	struct intervals set = {0};

	intervals_add(&set, 10, 50, 1);
	intervals_add(&set, 20, 30, 2);
	intervals_add(&set, 40, 60, 3);
	intervals_add(&set, 10, 20, 4);
	intervals_cut(&set);
	cr_assert_eq(intervals_find(&set, 15), 1);
	cr_assert_eq(intervals_find(&set, 25), 1);
	cr_assert_eq(intervals_find(&set, 49), 1);
	cr_assert_eq(intervals_find(&set, 50), 3);
	cr_assert_eq(intervals_find(&set, 60), INTERVAL_NONE);
	intervals_free(&set);
}

Test(intervals, empty_ones_and_dropped_code_are_ignored)
{
	struct intervals set = {0};

	intervals_flatten(&set);
	intervals_cut(&set);
	cr_assert_eq(intervals_find(&set, 5), INTERVAL_NONE);
	intervals_add(&set, 0, 100, 1);
	intervals_add(&set, 5, 5, 2);
	intervals_add(&set, 9, 7, 3);
	intervals_add(&set, UINT64_MAX, 4, 4);
	intervals_add(&set, UINT64_MAX - 1, UINT64_MAX, 4);
	cr_assert_eq(set.list.count, 0);
	intervals_free(&set);
}

/* Whose an address is by the definition: of those that hold it the one that begins last, then the
 * shortest, then the last. */
static uint32_t owner(const struct interval *list, size_t count, uint64_t at)
{
	const struct interval *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct interval *it = &list[i];

		if (at < it->low || at >= it->high)
			continue;
		if (!best || it->low > best->low ||
			(it->low == best->low && it->high <= best->high))
			best = it;
	}
	return best ? best->id : INTERVAL_NONE;
}

Test(intervals, agree_with_the_definition_on_any_set)
{
	srandom(7);
	for (int round = 0; round < 300; round++) {
		struct interval list[12];
		struct intervals set = {0};
		size_t count = 1 + random() % 12;

		for (size_t i = 0; i < count; i++) {
			list[i].low = 1 + random() % 40;
			list[i].high = list[i].low + 1 + random() % 30;
			list[i].id = i;
			intervals_add(&set, list[i].low, list[i].high, i);
		}
		intervals_flatten(&set);
		for (uint64_t at = 0; at < 80; at++)
			cr_assert_eq(intervals_find(&set, at), owner(list, count, at),
				"round %d, address %lu", round, at);
		for (size_t i = 1; i < set.list.count; i++)
			cr_assert_leq(set.list.items[i - 1].high, set.list.items[i].low);
		intervals_free(&set);
	}
}
