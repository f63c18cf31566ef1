/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages, byte for byte as protobuf.dev's page on the encoding writes them. */
#include "report/protobuf.h"

#include <criterion/criterion.h>
#include <string.h>

static void assert_bytes(struct buffer *message, const char *want, size_t size)
{
	cr_assert_eq(message->size, size);
	cr_assert_eq(memcmp(message->data, want, size), 0);
	buffer_free(message);
}

Test(protobuf, integers)
{
	struct buffer message = {0};

	proto_uint(&message, 1, 150);
	proto_uint(&message, 16, 1);
	proto_uint(&message, 2, 0);
	proto_uint(&message, 3, UINT64_MAX);
	assert_bytes(&message,
		"\x08\x96\x01"
		"\x80\x01\x01"
		"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		17);
}

Test(protobuf, strings_and_messages)
{
	struct buffer message = {0}, part = {0};

	proto_bytes(&message, 2, "testing", 7);
	proto_bytes(&message, 2, "", 0);
	proto_uint(&part, 1, 150);
	proto_message(&message, 3, &part);
	cr_assert_eq(part.size, 0, "it can be used again");
	proto_message(&message, 3, &part);
	assert_bytes(&message,
		"\x12\x07testing"
		"\x12\x00"
		"\x1a\x03\x08\x96\x01"
		"\x1a\x00",
		18);
	buffer_free(&part);
}

Test(protobuf, packed)
{
	const uint64_t values[] = {3, 270, 86942, 0};
	struct buffer message = {0};

	proto_packed(&message, 6, values, 4);
	proto_packed(&message, 6, NULL, 0);
	assert_bytes(&message, "\x32\x07\x03\x8e\x02\x9e\xa7\x05\x00\x32\x00", 11);
}
