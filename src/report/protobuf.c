/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two wire types that are needed here; a tag is the field's number and the type.
 */
#include "report/protobuf.h"

enum wire_type { WIRE_VARINT = 0, WIRE_LENGTH = 2 };

static void tag(struct buffer *message, uint32_t field, enum wire_type type)
{
	buffer_varint(message, (uint64_t)field << 3 | type);
}

void proto_uint(struct buffer *message, uint32_t field, uint64_t value)
{
	if (value == 0)
		return;
	tag(message, field, WIRE_VARINT);
	buffer_varint(message, value);
}

void proto_bytes(struct buffer *message, uint32_t field, const void *data, size_t size)
{
	tag(message, field, WIRE_LENGTH);
	buffer_string(message, data, size);
}

void proto_message(struct buffer *message, uint32_t field, struct buffer *part)
{
	proto_bytes(message, field, part->data, part->size);
	part->size = 0;
}

static size_t varint_size(uint64_t value)
{
	size_t size = 1;

	while (value >>= 7)
		size++;
	return size;
}

void proto_packed(struct buffer *message, uint32_t field, const uint64_t *values, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += varint_size(values[i]);
	tag(message, field, WIRE_LENGTH);
	buffer_varint(message, size);
	for (size_t i = 0; i < n; i++)
		buffer_varint(message, values[i]);
}
