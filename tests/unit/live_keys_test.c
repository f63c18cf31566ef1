/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>
#include "cmd/live_keys.h"

static void type(struct live_keys *keys, const char *text)
{
	for (; *text; text++)
		cr_assert_eq(live_key(keys, (unsigned char)*text, 10), LIVE_NOTHING);
}

Test(live_keys, go_through_all_groups_and_back)
{
	struct live_keys keys = {.by = BY_LINENO};

	for (int i = 0; i < 7; i++)
		type(&keys, "g");
	cr_assert_eq(keys.by, BY_LINENO);
	type(&keys, "G");
	cr_assert_eq(keys.by, BY_TRACEBACK);
	type(&keys, "gg");
	cr_assert_eq(keys.by, BY_FILENAME);
}

Test(live_keys, do_not_count_cumulatively_what_cannot_be)
{
	struct live_keys keys = {.by = BY_LINENO};

	type(&keys, "c");
	cr_assert_eq(keys.cumulative, CUMULATIVE_FRAMES);
	type(&keys, "g");
	cr_assert_eq(keys.cumulative, CUMULATIVE_FRAMES, "by file name it goes on");
	type(&keys, "g");
	cr_assert_eq(keys.by, BY_FUNCTION);
	cr_assert_eq(keys.cumulative, CUMULATIVE_NO);
	type(&keys, "c");
	cr_assert_eq(keys.cumulative, CUMULATIVE_NO);
}

Test(live_keys, type_a_filter)
{
	struct live_keys keys = {.first = 5};

	type(&keys, "/qg\xc3\xa4");
	cr_assert(keys.typing);
	cr_assert_str_eq(keys.filter, "qg\xc3\xa4");
	cr_assert_eq(keys.first, 0);
	live_key(&keys, LIVE_KEY_BACKSPACE, 10);
	cr_assert_str_eq(keys.filter, "qg", "a whole character goes");
	live_key(&keys, '\n', 10);
	cr_assert(!keys.typing);
	cr_assert_str_eq(keys.filter, "qg", "it stays");
	type(&keys, "/x");
	cr_assert_str_eq(keys.filter, "qgx", "and goes on");
	live_key(&keys, 27, 10);
	cr_assert(!keys.typing);
	cr_assert_str_eq(keys.filter, "");
}

Test(live_keys, bear_a_long_filter)
{
	struct live_keys keys = {0};

	type(&keys, "/");
	for (int i = 0; i < 1000; i++)
		live_key(&keys, 'x', 10);
	cr_assert_eq(strlen(keys.filter), sizeof keys.filter - 1);
	for (int i = 0; i < 1000; i++)
		live_key(&keys, LIVE_KEY_BACKSPACE, 10);
	cr_assert_str_eq(keys.filter, "");
}

Test(live_keys, move)
{
	struct live_keys keys = {0};

	live_key(&keys, LIVE_KEY_UP, 10);
	cr_assert_eq(keys.first, 0);
	live_key(&keys, LIVE_KEY_PAGE_DOWN, 10);
	live_key(&keys, LIVE_KEY_DOWN, 10);
	cr_assert_eq(keys.first, 11);
	live_key(&keys, LIVE_KEY_PAGE_UP, 20);
	cr_assert_eq(keys.first, 0);
	type(&keys, "/");
	live_key(&keys, ' ', 10);
	cr_assert_str_eq(keys.filter, " ", "a blank is no page there");
}

Test(live_keys, wish)
{
	struct live_keys keys = {0};

	cr_assert_eq(live_key(&keys, 's', 1), LIVE_SNAPSHOT);
	cr_assert_eq(live_key(&keys, 'r', 1), LIVE_ASK);
	cr_assert_eq(live_key(&keys, 'm', 1), LIVE_MARK);
	cr_assert(keys.change);
	cr_assert_eq(live_key(&keys, 'p', 1), LIVE_NOTHING);
	cr_assert(keys.paused);
	cr_assert_eq(live_key(&keys, 'q', 1), LIVE_QUIT);
	cr_assert_eq(live_key(&keys, LIVE_KEY_QUIT, 1), LIVE_QUIT);
	type(&keys, "/");
	cr_assert_eq(live_key(&keys, 3, 1), LIVE_QUIT, "^C, also while typing");
	cr_assert_eq(live_key(&keys, 'z', 1), LIVE_NOTHING);
}

Test(live_keys, leave_the_help_by_any)
{
	struct live_keys keys = {0};

	type(&keys, "?");
	cr_assert(keys.help);
	cr_assert_eq(live_key(&keys, 's', 1), LIVE_NOTHING, "which then does nothing else");
	cr_assert(!keys.help);
	type(&keys, "?");
	cr_assert_eq(live_key(&keys, 'q', 1), LIVE_QUIT);
}
