/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors: the line that a user gets, whatever went into it. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>
#include "base/error.h"

Test(error, set_gives_line_status_and_minus_one)
{
	struct error err = {125, "old", "old hint"};

	cr_assert_eq(error_set(&err, "cannot read %s: %d", "a.snap", 7), -1);
	cr_assert_str_eq(err.text, "cannot read a.snap: 7");
	cr_assert_str_eq(err.hint, "");
	cr_assert_eq(err.status, EXIT_BAD_INPUT);
}

Test(error, status_hint_and_prefix)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(error_status(&err, EXIT_NOT_FOUND, "no program"), -1);
	cr_assert_eq(error_hint(&err, "install %s", "it"), -1);
	cr_assert_eq(error_prefix(&err, "%s", "./x"), -1);
	cr_assert_str_eq(err.text, "./x: no program");
	cr_assert_str_eq(err.hint, "install it");
	cr_assert_eq(err.status, EXIT_NOT_FOUND);
}

Test(error, own_text_as_argument)
{
	struct error err = ERROR_INIT;

	error_set(&err, "inner");
	error_set(&err, "outer: %s", err.text);
	cr_assert_str_eq(err.text, "outer: inner");
}

Test(error, control_characters_never_leave_the_line)
{
	struct error err = ERROR_INIT;

	error_set(&err, "%s", "a\nb\033[2Jc\177d\re");
	cr_assert_str_eq(err.text, "a?b?[2Jc?d?e");
	error_hint(&err, "%s", "a\nb");
	cr_assert_str_eq(err.hint, "a?b");
}

Test(error, long_line_keeps_both_ends)
{
	struct error err = ERROR_INIT;
	char path[6000];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	error_set(&err, "cannot open %s: No such file", path);
	cr_assert_eq(strlen(err.text), ERROR_TEXT_MAX);
	cr_assert_eq(strncmp(err.text, "cannot open xxx", 15), 0);
	cr_assert_not_null(strstr(err.text, "x...x"));
	cr_assert_str_eq(err.text + ERROR_TEXT_MAX - 15, "x: No such file");
	error_set(&err, "why");
	error_prefix(&err, "%s", path);
	cr_assert_eq(strlen(err.text), ERROR_TEXT_MAX);
	cr_assert_str_eq(err.text + ERROR_TEXT_MAX - 6, "x: why");
}

Test(error, long_line_is_cut_between_characters)
{
	struct error err = ERROR_INIT;
	char text[3 * 1024 + 8];

	/* What stands before and after shifts the sequences against the places of the cut. */
	for (size_t shift = 0; shift < 9; shift++) {
		size_t size = 0;

		for (size_t i = 0; i < shift % 3; i++)
			text[size++] = 'a';
		for (int i = 0; i < 1024; i++, size += 3)
			memcpy(text + size, "\xe2\x82\xac", 3);
		for (size_t i = 0; i < shift / 3; i++)
			text[size++] = 'b';
		text[size] = '\0';
		error_set(&err, "%s", text);
		cr_assert_leq(strlen(err.text), ERROR_TEXT_MAX);
		cr_assert_geq(strlen(err.text), ERROR_TEXT_MAX - 6);
		for (const char *at = err.text; *at;) {
			bool euro = memcmp(at, "\xe2\x82\xac", 3) == 0;

			cr_assert(euro || strchr("ab.", *at), "at byte %td", at - err.text);
			at += euro ? 3 : 1;
		}
	}
}
