/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 and what is not, taken apart as Python's decoder does; base64 there and back. */
#include <criterion/criterion.h>
#include <string.h>
#include "base/base64.h"
#include "base/utf8.h"

/* How many characters and how many invalid parts. */
static void assert_parts(const char *bytes, int characters, int invalid)
{
	const char *at = bytes, *end = bytes + strlen(bytes);

	while (at < end) {
		if (utf8_next(&at, end) == UTF8_INVALID)
			invalid--;
		else
			characters--;
	}
	cr_assert_eq(characters, 0, "%s", bytes);
	cr_assert_eq(invalid, 0, "%s", bytes);
}

Test(utf8, reads_each_length)
{
	const char *text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", *end = text + strlen(text);

	cr_assert_eq(utf8_next(&text, end), 'a');
	cr_assert_eq(utf8_next(&text, end), 0xe9);
	cr_assert_eq(utf8_next(&text, end), 0x20ac);
	cr_assert_eq(utf8_next(&text, end), 0x1f600);
	cr_assert_eq(text, end);
}

/* The numbers are those of bytes.decode("utf-8", "replace").count("\ufffd"). */
Test(utf8, maximal_subparts)
{
	assert_parts("\xff", 0, 1);
	assert_parts("\xe2\x82", 0, 1); /* cut */
	assert_parts("\xe2\x82z", 1, 1);
	assert_parts("\xc0\xaf", 0, 2);		/* overlong */
	assert_parts("\xe0\x80\x80", 0, 3);	/* overlong */
	assert_parts("\xed\xa0\x80", 0, 3);	/* a surrogate */
	assert_parts("\xf4\x90\x80\x80", 0, 4); /* over U+10FFFF */
	assert_parts("\xf0\x9f\x98z", 1, 1);
	assert_parts("\xf1\x80\xe2\x82\xac", 1, 1);
	assert_parts("\x80\xbf", 0, 2);
}

Test(utf8, validity)
{
	cr_assert(utf8_valid("", 0));
	cr_assert(utf8_valid("a\0b", 3));
	cr_assert(utf8_valid("\xf4\x8f\xbf\xbf", 4));
	cr_assert_not(utf8_valid("a\xe9", 2));
}

Test(utf8, columns)
{
	cr_assert_eq(utf8_columns('a'), 1);
	cr_assert_eq(utf8_columns(0x301), 0);
	cr_assert_eq(utf8_columns(0x4e2d), 2);
	cr_assert_eq(utf8_columns(0x1f600), 2);
	cr_assert(utf8_is_control('\n') && utf8_is_control(0x7f) && utf8_is_control(0x9b));
	cr_assert_not(utf8_is_control(' '));
}

/* RFC 4648, section 10. */
static const char *const known[][2] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
	{"\xff\xfe\xfd", "//79"},
};

Test(base64, known_answers)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct buffer text = {0}, bytes = {0};
		size_t size = strlen(known[i][0]);

		base64_encode(&text, known[i][0], size);
		cr_assert_eq(text.size, strlen(known[i][1]));
		cr_assert(size == 0 || memcmp(text.data, known[i][1], text.size) == 0);
		cr_assert(base64_decode(&bytes, known[i][1], strlen(known[i][1])));
		cr_assert_eq(bytes.size, size);
		cr_assert(size == 0 || memcmp(bytes.data, known[i][0], size) == 0);
		buffer_free(&text);
		buffer_free(&bytes);
	}
}

Test(base64, refuses_what_no_encoder_writes)
{
	static const char *const bad[] = {"Z", "Zg",
		"Zg=", "Zh==", "Zm9=", "=Zg=", "Zg==Zg==", "Z===", "====", "Zm 9", "Zm9\n", "Zm-_"};
	struct buffer bytes = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_not(base64_decode(&bytes, bad[i], strlen(bad[i])), "%s", bad[i]);
	buffer_free(&bytes);
}
