/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings: the same bytes, the same id. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/strings.h"

Test(strings, the_empty_one_is_zero)
{
	struct strings *strings = strings_new();

	cr_assert_eq(strings_count(strings), 1);
	cr_assert_eq(strings_add(strings, ""), 0);
	cr_assert_eq(strings_add_bytes(strings, NULL, 0), 0);
	cr_assert_str_eq(strings_get(strings, 0), "");
	cr_assert_eq(strings_size(strings, 0), 0);
	strings_free(strings);
	strings_free(NULL);
}

Test(strings, ids_are_dense_and_bytes_stay_where_they_are)
{
	struct strings *strings = strings_new();
	char text[32];
	string_id id = strings_add(strings, "first");
	const char *first = strings_get(strings, id);

	cr_assert_eq(id, 1);
	for (uint32_t i = 0; i < 50000; i++) {
		snprintf(text, sizeof(text), "name %u", i);
		cr_assert_eq(strings_add(strings, text), i + 2);
	}
	cr_assert_eq(strings_get(strings, id), first);
	for (uint32_t i = 0; i < 50000; i++) {
		snprintf(text, sizeof(text), "name %u", i);
		cr_assert_eq(strings_add(strings, text), i + 2);
		cr_assert_str_eq(strings_get(strings, i + 2), text);
	}
	cr_assert_eq(strings_count(strings), 50002);
	strings_free(strings);
}

Test(strings, any_bytes)
{
	struct strings *strings = strings_new();
	string_id a = strings_add_bytes(strings, "a\0b", 3),
		  b = strings_add_bytes(strings, "a\0c", 3);
	string_id c = strings_add_bytes(strings, "a", 1), d = strings_add_bytes(strings, "a\0", 2);
	string_id e = strings_add_bytes(strings, "\xff\xfe\n", 3);

	cr_assert(a != b && b != c && c != d && d != a && e > d);
	cr_assert_eq(strings_size(strings, a), 3);
	cr_assert_eq(memcmp(strings_get(strings, a), "a\0b", 4), 0, "a NUL follows");
	cr_assert_eq(strings_size(strings, d), 2);
	cr_assert_eq(strings_add(strings, "a"), c);
	cr_assert_str_eq(strings_get(strings, e), "\xff\xfe\n");
	strings_free(strings);
}

Test(strings, long_ones_leave_short_ones_alone)
{
	struct strings *strings = strings_new();
	char *big = malloc(300001);

	memset(big, 'x', 300000);
	big[300000] = '\0';
	for (size_t size = 10; size <= 300000; size = size * 3 / 2 + 1) {
		string_id small = strings_add_bytes(strings, big, size % 97 + 1);
		string_id large = strings_add_bytes(strings, big, size);

		cr_assert_eq(strings_size(strings, large), size);
		cr_assert_eq(strings_get(strings, large)[size], '\0');
		cr_assert_eq(memcmp(strings_get(strings, large), big, size), 0);
		cr_assert_eq(strings_size(strings, small), size % 97 + 1);
		cr_assert_eq(memcmp(strings_get(strings, small), big, size % 97 + 1), 0);
	}
	free(big);
	strings_free(strings);
}

Test(strings, an_id_never_given_is_empty)
{
	struct strings *strings = strings_new();

	cr_assert_str_eq(strings_get(strings, 1), "");
	cr_assert_str_eq(strings_get(strings, UINT32_MAX), "");
	cr_assert_eq(strings_size(strings, 77), 0);
	strings_free(strings);
}
