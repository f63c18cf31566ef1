/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory: arrays that grow, copies, and the one way to die. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "sanitized.h"

struct item {
	int number;
	char rest[20];
};

Test(memory, push_gives_zeroed_items_that_stay)
{
	ARRAY(struct item) array = {0};

	for (int i = 0; i < 1000; i++) {
		struct item *item = ARRAY_PUSH(&array);
		static const struct item zero;

		cr_assert_eq(memcmp(item, &zero, sizeof(zero)), 0, "item %d", i);
		memset(item, 0xff, sizeof(*item));
		item->number = i;
	}
	cr_assert_eq(array.count, 1000);
	cr_assert_leq(array.capacity, 2000);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(array.items[i].number, i);
	ARRAY_FREE(&array);
	cr_assert_null(array.items);
	cr_assert_eq(array.count + array.capacity, 0);
	cr_assert_eq(ARRAY_PUSH(&array)->number, 0);
	cr_assert_eq(array.count, 1);
	ARRAY_FREE(&array);
}

Test(memory, pushed_again_after_taking_back_is_zeroed)
{
	ARRAY(int) array = {0};

	*ARRAY_PUSH(&array) = 7;
	array.count--;
	cr_assert_eq(*ARRAY_PUSH(&array), 0);
	ARRAY_FREE(&array);
}

static int compare_pairs(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void add_pair(void *into, const void *item)
{
	((int *)into)[1] += ((const int *)item)[1];
}

Test(memory, equal_items_become_one)
{
	static const int given[][2] = { { 3, 1 }, { 1, 10 }, { 3, 2 }, { 2, 100 }, { 3, 4 }, { 1, 20 } };
	static const int wanted[][2] = { { 1, 30 }, { 2, 100 }, { 3, 7 } };
	struct pair { int key, sum; };
	ARRAY(struct pair) array = { 0 };

	ARRAY_JOIN(&array, compare_pairs, add_pair);
	cr_assert_eq(array.count, 0);
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		memcpy(ARRAY_PUSH(&array), given[i], sizeof given[i]);
	ARRAY_JOIN(&array, compare_pairs, add_pair);
	cr_assert_eq(array.count, 3);
	cr_assert_eq(memcmp(array.items, wanted, sizeof wanted), 0);
	ARRAY_JOIN(&array, compare_pairs, add_pair);
	cr_assert_eq(array.count, 3, "once more changes nothing");
	ARRAY_FREE(&array);
}

Test(memory, no_bytes_are_a_block_all_the_same)
{
	void *blocks[] = {xmalloc(0), xcalloc(0, 8), xcalloc(8, 0), xrealloc(NULL, 0),
		xreallocarray(NULL, 0, 8)};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		cr_assert_not_null(blocks[i]);
		free(blocks[i]);
	}
}

Test(memory, copies)
{
	char *whole = xstrdup("text"), *cut = xstrndup("text", 2), *over = xstrndup("text", 9);
	char *formatted = xasprintf("%s-%d", "a", 5);

	cr_assert_str_eq(whole, "text");
	cr_assert_str_eq(cut, "te");
	cr_assert_str_eq(over, "text");
	cr_assert_str_eq(formatted, "a-5");
	free(whole);
	free(cut);
	free(over);
	free(formatted);
}

Test(memory, overflow_is_a_line_and_125, .exit_code = 125, .init = cr_redirect_stderr)
{
	xreallocarray(NULL, SIZE_MAX / 2, 3);
}

/* A sanitizer's own allocator would end the process its own way. */
#ifndef ADDRESS_SANITIZED
Test(memory, too_much_is_a_line_and_125, .exit_code = 125, .init = cr_redirect_stderr)
{
	xmalloc(SIZE_MAX / 2);
}
#endif
