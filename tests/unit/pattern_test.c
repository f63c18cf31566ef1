/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -o's patterns. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/pattern.h"

static void expands(const char *pattern, const char *expected)
{
	const struct pattern_values values = { .program = "/usr/bin/prog", .pid = 42, .time_s = 7, .host = "box",
		.sequence = 3 };
	char *name = pattern_expand(pattern, &values);

	cr_assert_str_eq(name, expected);
	free(name);
}

Test(pattern, letters)
{
	expands(PATTERN_DEFAULT, "memtrace.prog.42.snap");
	expands("%e%p%t%h%n", "prog427box3");
	expands("100%%", "100%");
	expands("%x%", "%x%");
	expands("%%p", "%p");
	expands("", "");
}

Test(pattern, only_the_last_component)
{
	expands("/tmp/%p/%e.snap", "/tmp/%p/prog.snap");
	expands("%p/", "%p/");
}

Test(pattern, long_names_are_cut)
{
	char program[401] = "/bin/", *name;
	const struct pattern_values values = { .program = program, .pid = 42, .host = "" };

	memset(program + 5, 'a', 159);
	for (int i = 164; i + 1 < 400; i += 2)
		memcpy(program + i, "\xc3\xa4", 2);
	name = pattern_expand(PATTERN_DEFAULT, &values);
	cr_assert_eq(strlen(name), 159 + strlen("memtrace..42.snap"), "in whole characters");
	free(name);
	program[5 + 160] = 0;
	program[5 + 159] = 'b';
	name = pattern_expand("%e", &values);
	cr_assert_str_eq(name, program + 5);
	free(name);
}

Test(pattern, has)
{
	cr_assert(pattern_has("a.%p", 'p'));
	cr_assert_not(pattern_has("%p/a", 'p'));
	cr_assert_not(pattern_has("%%p", 'p'));
	cr_assert_not(pattern_has("a%", 'p'));
}
