/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes from and to foreign hands: a bounds-checked cursor for reading and a growing buffer for
 * writing. All integers are little-endian; varint is unsigned LEB128 (DWARF 5, section 7.6) of at
 * most 10 bytes.
 *
 * The cursor is sticky: the first read past the end sets `failed`, gives zeros from then on and
 * never moves again; a parser reads a whole record and asks cursor_ok() once.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at, *end;
	bool failed;
};

struct cursor cursor_over(const void *data, size_t size);
static inline bool cursor_ok(const struct cursor *cursor)
{
	return !cursor->failed;
}
size_t cursor_left(const struct cursor *cursor);
uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);
uint64_t cursor_varint(struct cursor *cursor);	     /* an encoding over 64 bits fails */
int64_t cursor_varint_signed(struct cursor *cursor); /* zigzag */
int64_t cursor_sleb(struct cursor *cursor); /* signed LEB128; what is over 64 bits is dropped */
/* SIZE bytes in place, valid as long as the data; NULL and failed when there are fewer. */
const void *cursor_bytes(struct cursor *cursor, size_t size);
/* A varint length, then that many bytes; *size is their number. NULL when cut. */
const char *cursor_string(struct cursor *cursor, size_t *size);
/* A varint count of records of at least MIN_SIZE (> 0) bytes each: fails when the bytes left cannot
 * hold them, so that a count from a file never sizes an allocation that the file could not fill. */
size_t cursor_count(struct cursor *cursor, size_t min_size);

struct buffer {
	uint8_t *data;
	size_t size, capacity;
};

void buffer_u8(struct buffer *buffer, uint8_t value);
void buffer_u16(struct buffer *buffer, uint16_t value);
void buffer_u32(struct buffer *buffer, uint32_t value);
void buffer_u64(struct buffer *buffer, uint64_t value);
void buffer_varint(struct buffer *buffer, uint64_t value);
void buffer_varint_signed(struct buffer *buffer, int64_t value);
void buffer_bytes(struct buffer *buffer, const void *data, size_t size);
void buffer_string(
	struct buffer *buffer, const char *data, size_t size); /* varint length, then the bytes */
void buffer_free(struct buffer *buffer);

#endif
