/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns mean what they mean to LeakSanitizer. */
#include <criterion/criterion.h>
#include <string.h>
#include "report/suppress.h"

Test(suppress, patterns)
{
	static const struct { const char *pattern, *name; bool matches; } cases[] = {
		{ "foo", "foo", true }, { "foo", "a foo b", true }, { "foo", "fo", false }, { "foo", "FOO", false },
		{ "^foo", "foobar", true }, { "^foo", "a foo", false }, { "foo$", "a foo", true }, { "foo$", "foobar", false },
		{ "^foo$", "foo", true }, { "^foo$", "foofoo", false }, { "a*b", "a to b", true }, { "a*b", "b to a", false },
		{ "^a*b$", "aabb", true }, { "^a*b$", "aabbc", false }, { "*", "anything", true }, { "a**b", "ab", true },
		{ "ab$", "abab", true }, { "^ab*", "cab", false }, { "a.b", "axb", false }, { "b$", "", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_eq(suppression_matches(cases[i].pattern, cases[i].name), cases[i].matches, "%s of %s",
			cases[i].pattern, cases[i].name);
}

static int add(struct suppressions *suppressions, const char *text, size_t size, struct error *err)
{
	memset(suppressions, 0, sizeof *suppressions);
	return suppressions_add(suppressions, text, size, err);
}

Test(suppress, a_file)
{
	static const char text[] = "# a comment\n\nleak:one\r\n  leak:two three  \nleak:last";
	struct suppressions suppressions;
	struct error err = ERROR_INIT;

	cr_assert_eq(add(&suppressions, text, sizeof text - 1, &err), 0);
	cr_assert_eq(suppressions.patterns.count, 3);
	cr_assert_str_eq(suppressions.patterns.items[0], "one");
	cr_assert_str_eq(suppressions.patterns.items[1], "two three");
	cr_assert_str_eq(suppressions.patterns.items[2], "last");
	suppressions_release(&suppressions);
	cr_assert_eq(add(&suppressions, "", 0, &err), 0);
}

Test(suppress, what_is_none_is_told_with_its_line)
{
	static const struct { const char *text; size_t size; const char *line; } cases[] = {
		{ "leak:a\nrace:b\n", 14, "line 2: 'race:b' is no suppression of leaks" },
		{ "leak:", 5, "line 1: 'leak:' is no suppression of leaks" },
		{ "leak", 4, "line 1: 'leak' is no suppression of leaks" },
		{ "\n\nleak:a\0b", 10, "line 3 has a NUL in it" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct suppressions suppressions;
		struct error err = ERROR_INIT;

		cr_assert_eq(add(&suppressions, cases[i].text, cases[i].size, &err), -1);
		cr_assert_str_eq(err.text, cases[i].line);
		suppressions_release(&suppressions);
	}
}
