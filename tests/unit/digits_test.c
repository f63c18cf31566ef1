/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/digits.h"

#include <criterion/criterion.h>
#include <string.h>

Test(digits, both_ends)
{
	struct buffer text = {0};

	digits_decimal(&text, 0);
	digits_decimal(&text, 10);
	digits_decimal(&text, UINT64_MAX);
	digits_hex(&text, 0);
	digits_hex(&text, 0xaf);
	digits_hex(&text, UINT64_MAX);
	buffer_u8(&text, 0);
	cr_assert_str_eq((char *)text.data, "01018446744073709551615"
					    "0afffffffffffffffff");
	buffer_free(&text);
}
