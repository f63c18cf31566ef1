/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads unwind information within bounds: past the end every value is 0 and the cursor is bad.
 */
#ifndef SHIM_CFI_CURSOR_H
#define SHIM_CFI_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* DW_EH_PE_: how pointers are written. */
enum {
	PE_ABSOLUTE = 0,
	PE_UDATA4 = 3,
	PE_SDATA4 = 0xb,
	PE_SDATA8 = 0xc,
	PE_PC_RELATIVE = 0x10,
	PE_TABLE = 0x3b
};

struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static inline uint64_t cursor_fixed(struct cursor *cursor, unsigned int size)
{
	uint64_t value = 0;

	if ((size_t)(cursor->end - cursor->at) < size) {
		cursor->bad = true;
		cursor->at = cursor->end;
		return 0;
	}
	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)*cursor->at++ << (8 * i);
	return value;
}

static inline uint64_t cursor_leb(struct cursor *cursor, bool is_signed)
{
	uint64_t value = 0, byte;
	unsigned int shift = 0;

	do {
		byte = cursor_fixed(cursor, 1);
		if (shift < 64)
			value |= (byte & 127) << shift;
		shift += 7;
	} while (byte & 128);
	if (is_signed && shift < 64 && (byte & 64))
		value |= -(1ull << shift);
	return value;
}

static inline uint64_t cursor_uleb(struct cursor *cursor)
{
	return cursor_leb(cursor, false);
}

static inline int64_t cursor_sleb(struct cursor *cursor)
{
	return (int64_t)cursor_leb(cursor, true);
}

static inline void cursor_skip(struct cursor *cursor, uint64_t size)
{
	if (size > (size_t)(cursor->end - cursor->at)) {
		cursor->bad = true;
		size = 0;
	}
	cursor->at += size;
}

/* A pointer as ENCODING writes it. */
static inline uint64_t cursor_pointer(struct cursor *cursor, uint8_t encoding)
{
	uint64_t base = (encoding & 0x70) == PE_PC_RELATIVE ? (uintptr_t)cursor->at : 0;

	if (encoding & 0xe0)
		cursor->bad = true;
	switch (encoding & 15) {
	case PE_ABSOLUTE:
	case PE_SDATA8:
		return base + cursor_fixed(cursor, 8);
	case PE_UDATA4:
		return base + cursor_fixed(cursor, 4);
	case PE_SDATA4:
		return base + (uint64_t)(int32_t)cursor_fixed(cursor, 4);
	default:
		cursor->bad = true;
		return 0;
	}
}

#endif
