/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns as Python's fnmatch.fnmatchcase answers them (3.11 and 3.13 agree on all of these). */
#include <criterion/criterion.h>
#include <string.h>
#include "report/glob.h"

static bool matches(const char *pattern, const char *name)
{
	struct glob *glob = glob_new(pattern, strlen(pattern));
	bool found = glob_matches(glob, name, strlen(name));

	glob_free(glob);
	return found;
}

#define YES(pattern, name) cr_expect(matches(pattern, name), "%s should match %s", pattern, name)
#define NO(pattern, name)                                                                          \
	cr_expect_not(matches(pattern, name), "%s should not match %s", pattern, name)

Test(glob, stars_and_marks)
{
	YES("*", "");
	YES("", "");
	NO("", "a");
	YES("/opt/*.c", "/opt/a/b.c");
	YES("*/a.c", "dir/sub/a.c");
	NO("*/a.c", "a.c");
	YES("?", "\xc3\xa9"); /* one character, two bytes */
	YES("?hidden.c", ".hidden.c");
	YES("a**b", "ab");
	YES("*a*b*c", "xxaybzzbc");
	NO("*a*b*c", "xxaybzzb");
	NO("a.c", "A.C");
	YES("*", "a\nb");
	NO("a.c", "a.c\n");
}

Test(glob, nothing_escapes)
{
	YES("a\\b.c", "a\\b.c");
	NO("\\*", "*");
	YES("\\*", "\\x");
	YES("[*]", "*");
	YES("[\\]", "\\");
	YES("[a\\z]", "\\");
}

Test(glob, sets)
{
	YES("[abc]", "b");
	NO("[abc]", "d");
	YES("[!abc]", "d");
	NO("[!abc]", "a");
	YES("[^a]", "^");
	YES("[^a]", "a");
	NO("[^a]", "b");
	YES("[[]x]", "[x]");
	YES("[]x]", "]");
	YES("[]x]", "x");
	YES("[!]]", "a");
	NO("[!]]", "]");
	YES("[[:alpha:]]", ":]"); /* no classes: a set, and a bracket */
	NO("[[:alpha:]]", "a");
}

Test(glob, a_bracket_that_is_not_closed)
{
	YES("[", "[");
	YES("[!", "[!");
	YES("[]", "[]");
	YES("[!]", "[!]");
	YES("a[b", "a[b");
}

Test(glob, ranges)
{
	YES("[a-c]", "b");
	NO("[a-c]", "-");
	YES("[a-]", "-");
	YES("[-a]", "-");
	YES("[--0]", ".");
	YES("[a-c-e]", "-");
	YES("[a-c-e]", "e");
	NO("[a-c-e]", "d");
	YES("[\xc3\xa0-\xc3\xaf]", "\xc3\xa9");
	YES("[&|~-]", "~");
}

/* Ranges that run backwards match nothing, and what is left of the set is read again. */
Test(glob, backward_ranges)
{
	NO("[z-a]", "m");
	NO("[z-a]", "z");
	NO("[z-a]", "-");
	YES("[!z-a]", "m");
	YES("[z-ab]", "b");
	NO("[z-a!b]", "b");
	YES("[z-a!b]", "a");
	YES("[b-ax]", "x");
}

Test(glob, bytes_that_are_no_text)
{
	YES("?", "\xff");
	YES("\xff", "\xff");
	NO("?", "\xe2\x82"); /* each byte is a character */
	YES("??", "\xe2\x82");
	YES("[\xfe-\xff]", "\xff");
}

Test(glob, hostile_patterns_are_quick)
{
	char name[20001];
	char pattern[] = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	NO(pattern, name);
}
