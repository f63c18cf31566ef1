/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of live blocks against a plain array. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "record/live.h"

Test(live, empty_finds_nothing)
{
	struct live live = { 0 };

	cr_assert_null(live_find(&live, 0, 16));
	live_clear(&live);
}

Test(live, domains_are_apart)
{
	struct live live = { 0 };

	live_add(&live, &(struct live_block){ .addr = 16, .size = 1, .trace = 1, .domain = 0 });
	live_add(&live, &(struct live_block){ .addr = 16, .size = 2, .trace = 1, .domain = 100 });
	cr_assert_eq(live_find(&live, 0, 16)->size, 1);
	cr_assert_eq(live_find(&live, 100, 16)->size, 2);
	cr_assert_null(live_find(&live, 1, 16));
	live_clear(&live);
}

enum { PLACES = 5000, STEPS = 200000 };

/* Few addresses close together: long probes, many backward shifts. */
Test(live, random_adds_and_removes)
{
	static uint64_t sizes[PLACES];
	struct live live = { 0 };
	size_t count = 0;

	srand(11);
	for (int step = 0; step < STEPS; step++) {
		uint64_t at = (uint64_t)rand() % PLACES, addr = 0x10000 + at * 16;
		struct live_block *block = live_find(&live, 0, addr);

		cr_assert_eq(block ? block->size : 0, sizes[at]);
		if (block) {
			live_remove(&live, block);
			sizes[at] = 0;
			count--;
		} else {
			sizes[at] = (uint64_t)step + 1;
			live_add(&live, &(struct live_block){ .addr = addr, .size = sizes[at], .trace = 1 });
			count++;
		}
		cr_assert_eq(live.count, count);
	}
	for (uint64_t at = 0; at < PLACES; at++) {
		struct live_block *block = live_find(&live, 0, 0x10000 + at * 16);

		cr_assert_eq(block ? block->size : 0, sizes[at]);
	}
	live_clear(&live);
}
