/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grid against a plain array. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "record/grid.h"

enum { KEYS = 20000, STEPS = 300000 };

static uint64_t truth[KEYS], visited[KEYS];

static void visit(void *data, const struct grid_entry *entry)
{
	cr_assert_eq(entry->key, entry->value % KEYS << *(int *)data);
	visited[entry->value % KEYS]++;
}

Test(grid, empty)
{
	struct grid grid = { 0 };

	cr_assert_null(grid_find(&grid, 0));
	grid_visit(&grid, visit, NULL);
	grid_clear(&grid);
}

/* Keys that differ in their lowest or their highest bits only. */
static void random_walk(int shift)
{
	struct grid grid = { 0 };
	size_t count = 0;

	memset(truth, 0, sizeof truth);
	memset(visited, 0, sizeof visited);
	srand(5);
	for (uint64_t step = 1; step <= STEPS; step++) {
		uint64_t at = (uint64_t)rand() % KEYS, key = at << shift;
		struct grid_entry *entry = grid_find(&grid, key);

		cr_assert_eq(entry ? entry->value : 0, truth[at]);
		if (entry && rand() % 2) {
			grid_remove(&grid, entry);
			truth[at] = 0;
			count--;
		} else if (!entry) {
			truth[at] = step * KEYS + at;
			cr_assert_eq(grid_add(&grid, key, truth[at])->value, truth[at]);
			count++;
		}
		cr_assert_eq(grid.count, count);
	}
	grid_visit(&grid, visit, &shift);
	for (uint64_t at = 0; at < KEYS; at++)
		cr_assert_eq(visited[at], truth[at] != 0);
	grid_clear(&grid);
	cr_assert_null(grid_find(&grid, 0));
}

Test(grid, random_adds_and_removes)
{
	random_walk(0);
	random_walk(12);
	random_walk(49);
}
