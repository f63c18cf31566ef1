/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes: what was written is read, and nothing outside is. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"

static const uint64_t numbers[] = {0, 1, 127, 128, 255, 300, 16383, 16384, UINT32_MAX, 1ull << 35,
	1ull << 56, (1ull << 63) - 1, 1ull << 63, UINT64_MAX};
#define N_NUMBERS (sizeof(numbers) / sizeof(*numbers))

Test(bytes, round_trip)
{
	struct buffer buffer = {0};
	size_t size;

	buffer_u8(&buffer, 0xab);
	buffer_u16(&buffer, 0xabcd);
	buffer_u32(&buffer, 0xabcdef01);
	buffer_u64(&buffer, 0xabcdef0123456789);
	buffer_string(&buffer, "a\0b", 3);
	for (size_t i = 0; i < N_NUMBERS; i++) {
		buffer_varint(&buffer, numbers[i]);
		buffer_varint_signed(&buffer, (int64_t)numbers[i]);
		buffer_varint_signed(&buffer, -(int64_t)(numbers[i] >> 1));
	}
	struct cursor cursor = cursor_over(buffer.data, buffer.size);

	cr_assert_eq(cursor_u8(&cursor), 0xab);
	cr_assert_eq(cursor_u16(&cursor), 0xabcd);
	cr_assert_eq(cursor_u32(&cursor), 0xabcdef01);
	cr_assert_eq(cursor_u64(&cursor), 0xabcdef0123456789);
	const char *string = cursor_string(&cursor, &size);

	cr_assert_eq(size, 3);
	cr_assert_eq(memcmp(string, "a\0b", 3), 0);
	for (size_t i = 0; i < N_NUMBERS; i++) {
		cr_assert_eq(cursor_varint(&cursor), numbers[i]);
		cr_assert_eq(cursor_varint_signed(&cursor), (int64_t)numbers[i]);
		cr_assert_eq(cursor_varint_signed(&cursor), -(int64_t)(numbers[i] >> 1));
	}
	cr_assert(cursor_ok(&cursor));
	cr_assert_eq(cursor_left(&cursor), 0);
	buffer_free(&buffer);
	cr_assert_null(buffer.data);
}

Test(bytes, integers_are_little_endian)
{
	struct buffer buffer = {0};

	buffer_u32(&buffer, 0x01020304);
	buffer_varint(&buffer, 624485); /* DWARF 5, figure 22 (appendix C) */
	buffer_varint_signed(&buffer, -1);
	cr_assert_eq(buffer.size, 8);
	cr_assert_eq(memcmp(buffer.data, "\x04\x03\x02\x01\xe5\x8e\x26\x01", 8), 0);
	buffer_free(&buffer);
}

/* Each kind of reading, one byte short: fails, stays failed, gives zeros. */
Test(bytes, past_the_end_is_sticky)
{
	static const uint8_t bytes[8] = {0x87, 0x87, 0x87, 0x87, 0x87, 0x87, 0x87, 0x87};
	size_t size = 99;

	for (int kind = 0; kind < 7; kind++) {
		struct cursor cursor = cursor_over(bytes, kind == 0   ? 0
							  : kind == 1 ? 1
							  : kind == 2 ? 3
								      : 7);

		switch (kind) {
		case 0:
			cr_assert_eq(cursor_u8(&cursor), 0);
			break;
		case 1:
			cr_assert_eq(cursor_u16(&cursor), 0);
			break;
		case 2:
			cr_assert_eq(cursor_u32(&cursor), 0);
			break;
		case 3:
			cr_assert_eq(cursor_u64(&cursor), 0);
			break;
		case 4:
			cr_assert_eq(cursor_varint(&cursor), 0);
			break;
		case 5:
			cr_assert_null(cursor_bytes(&cursor, 8));
			break;
		default:
			cr_assert_null(cursor_string(&cursor, &size));
			cr_assert_eq(size, 0);
		}
		cr_assert_not(cursor_ok(&cursor), "kind %d", kind);
		cr_assert_eq(cursor_u8(&cursor), 0);
		cr_assert_eq(cursor_left(&cursor), 0);
		cr_assert_null(cursor_bytes(&cursor, 0));
	}
}

Test(bytes, nothing_is_a_valid_input)
{
	struct cursor cursor = cursor_over(NULL, 0);

	cr_assert_not_null(cursor_bytes(&cursor, 0));
	cr_assert(cursor_ok(&cursor));
	cursor_u8(&cursor);
	cr_assert_not(cursor_ok(&cursor));
}

Test(bytes, varints_of_more_than_64_bits_fail)
{
	static const uint8_t most[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
	static const uint8_t bit_64[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
	static const uint8_t eleven[] = {
		0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
	struct cursor cursor = cursor_over(most, sizeof(most));

	cr_assert_eq(cursor_varint(&cursor), UINT64_MAX);
	cr_assert(cursor_ok(&cursor));
	cursor = cursor_over(bit_64, sizeof(bit_64));
	cursor_varint(&cursor);
	cr_assert_not(cursor_ok(&cursor));
	cursor = cursor_over(eleven, sizeof(eleven));
	cursor_varint(&cursor);
	cr_assert_not(cursor_ok(&cursor));
}

Test(bytes, a_count_is_bounded_by_what_is_left)
{
	static const uint8_t five[] = {5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct cursor cursor = cursor_over(five, sizeof(five));

	cr_assert_eq(cursor_count(&cursor, 2), 5);
	cr_assert(cursor_ok(&cursor));
	cursor = cursor_over(five, sizeof(five) - 1);
	cr_assert_eq(cursor_count(&cursor, 2), 0);
	cr_assert_not(cursor_ok(&cursor));
	static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};

	cursor = cursor_over(huge, sizeof(huge));
	cr_assert_eq(cursor_count(&cursor, 1), 0);
	cr_assert_not(cursor_ok(&cursor));
}

Test(bytes, a_buffer_grows)
{
	struct buffer buffer = {0};
	char *big = malloc(100000);

	memset(big, 'x', 100000);
	buffer_bytes(&buffer, NULL, 0);
	cr_assert_eq(buffer.size, 0);
	for (int i = 0; i < 10; i++) {
		buffer_u8(&buffer, (uint8_t)i);
		buffer_bytes(&buffer, big, 100000);
	}
	cr_assert_eq(buffer.size, 10 * 100001);
	for (size_t i = 0; i < 10; i++) {
		cr_assert_eq(buffer.data[i * 100001], i);
		cr_assert_eq(memcmp(buffer.data + i * 100001 + 1, big, 100000), 0);
	}
	free(big);
	buffer_free(&buffer);
}
