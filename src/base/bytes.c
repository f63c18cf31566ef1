/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cursor under every parser, and the buffer under every writer.
 *
 * There is one bounds check, in take(); all reading goes through it. A buffer doubles, and dies of
 * a lack of memory as everything of ours does. Integers are put together byte by byte: no
 * alignment, no byte order of the machine.
 */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

struct cursor cursor_over(const void *data, size_t size)
{
	/* Never NULL inside, so that no bytes of an empty input are still a valid pointer. */
	const uint8_t *at = data ? data : (const uint8_t *)"";

	return (struct cursor){.at = at, .end = at + (data ? size : 0)};
}

size_t cursor_left(const struct cursor *cursor)
{
	return cursor->failed ? 0 : (size_t)(cursor->end - cursor->at);
}

static const uint8_t *take(struct cursor *cursor, size_t size)
{
	if (cursor->failed || size > (size_t)(cursor->end - cursor->at)) {
		cursor->failed = true;
		return NULL;
	}
	cursor->at += size;
	return cursor->at - size;
}

static uint64_t fixed(struct cursor *cursor, size_t size)
{
	const uint8_t *bytes = take(cursor, size);
	uint64_t value = 0;

	for (size_t i = size; bytes && i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

uint8_t cursor_u8(struct cursor *cursor)
{
	return (uint8_t)fixed(cursor, 1);
}

uint16_t cursor_u16(struct cursor *cursor)
{
	return (uint16_t)fixed(cursor, 2);
}

uint32_t cursor_u32(struct cursor *cursor)
{
	return (uint32_t)fixed(cursor, 4);
}

uint64_t cursor_u64(struct cursor *cursor)
{
	return fixed(cursor, 8);
}

uint64_t cursor_varint(struct cursor *cursor)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 70; shift += 7) {
		const uint8_t *byte = take(cursor, 1);

		if (!byte)
			return 0;
		if (shift == 63 && *byte > 1)
			break;
		value |= (uint64_t)(*byte & 0x7f) << shift;
		if (!(*byte & 0x80))
			return value;
	}
	cursor->failed = true;
	return 0;
}

int64_t cursor_varint_signed(struct cursor *cursor)
{
	uint64_t value = cursor_varint(cursor);

	return (int64_t)(value >> 1 ^ -(value & 1));
}

int64_t cursor_sleb(struct cursor *cursor)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = cursor_u8(cursor);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		value |= ~0ull << shift;
	return (int64_t)value;
}

const void *cursor_bytes(struct cursor *cursor, size_t size)
{
	return take(cursor, size);
}

const char *cursor_string(struct cursor *cursor, size_t *size)
{
	uint64_t length = cursor_varint(cursor);
	const uint8_t *bytes = take(cursor, length);

	*size = bytes ? length : 0;
	return (const char *)bytes;
}

size_t cursor_count(struct cursor *cursor, size_t min_size)
{
	uint64_t count = cursor_varint(cursor);

	if (count > cursor_left(cursor) / min_size) {
		cursor->failed = true;
		return 0;
	}
	return count;
}

static uint8_t *extend(struct buffer *buffer, size_t size)
{
	if (size > buffer->capacity - buffer->size) {
		size_t capacity = buffer->capacity ? buffer->capacity : 256;

		while (capacity - buffer->size < size)
			capacity = capacity > SIZE_MAX / 2 ? SIZE_MAX : capacity * 2;
		buffer->data = xrealloc(buffer->data, capacity);
		buffer->capacity = capacity;
	}
	buffer->size += size;
	return buffer->data + buffer->size - size;
}

static void put_fixed(struct buffer *buffer, uint64_t value, size_t size)
{
	uint8_t *bytes = extend(buffer, size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

void buffer_u8(struct buffer *buffer, uint8_t value)
{
	put_fixed(buffer, value, 1);
}

void buffer_u16(struct buffer *buffer, uint16_t value)
{
	put_fixed(buffer, value, 2);
}

void buffer_u32(struct buffer *buffer, uint32_t value)
{
	put_fixed(buffer, value, 4);
}

void buffer_u64(struct buffer *buffer, uint64_t value)
{
	put_fixed(buffer, value, 8);
}

void buffer_varint(struct buffer *buffer, uint64_t value)
{
	while (value >= 0x80) {
		buffer_u8(buffer, (uint8_t)value | 0x80);
		value >>= 7;
	}
	buffer_u8(buffer, (uint8_t)value);
}

void buffer_varint_signed(struct buffer *buffer, int64_t value)
{
	buffer_varint(buffer, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

void buffer_bytes(struct buffer *buffer, const void *data, size_t size)
{
	if (size)
		memcpy(extend(buffer, size), data, size);
}

void buffer_string(struct buffer *buffer, const char *data, size_t size)
{
	buffer_varint(buffer, size);
	buffer_bytes(buffer, data, size);
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}
