/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See unwind_table.h. Only the form that gcc and clang write is taken: a CIE of version 1 with augmentation "z…R…", addresses of code
 * relative to their place in 4 bytes.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "remote/unwind_table.h"

enum { HEADER_BYTES = 12, ENTRY_BYTES = 8, SMALLEST = 16, RELATIVE_4 = 0x1b, DATA_RELATIVE_4 = 0x3b, UDATA_4 = 3, ABSOLUTE_4 = 0x03,
	LETTERS_MAX = 8 };

struct function {
	int64_t code, entry; /* from the header */
};

struct section {
	const uint8_t *bytes;
	size_t size;
	uint64_t address, header;
	ARRAY(struct function) functions;
};

size_t unwind_table_most(size_t size)
{
	return HEADER_BYTES + size / SMALLEST * ENTRY_BYTES + ENTRY_BYTES;
}

static void skip_leb(struct cursor *at)
{
	while (cursor_u8(at) & 0x80)
		;
}

/* How the entry at AT, behind its length, says where code is; 0: it is no CIE that can be read. */
static uint8_t read_encoding(struct cursor at)
{
	char letters[LETTERS_MAX + 1] = "";
	size_t n = 0;

	if (cursor_u32(&at) != 0 || cursor_u8(&at) != 1)
		return 0;
	while (n < LETTERS_MAX && (letters[n] = (char)cursor_u8(&at)))
		n++;
	if (letters[n] || letters[0] != 'z')
		return 0;
	for (int i = 0; i < 4; i++) /* factors, the return address's register, the size of what follows */
		skip_leb(&at);
	for (const char *letter = letters + 1; *letter && cursor_ok(&at); letter++)
		switch (*letter) {
		case 'R':
			n = cursor_u8(&at);
			return cursor_ok(&at) ? (uint8_t)n : 0;
		case 'L':
			cursor_u8(&at);
			break;
		case 'P':
			n = cursor_u8(&at);
			cursor_bytes(&at, (n & 15) == 0 || (n & 7) == 4 ? 8 : 4);
			break;
		case 'S':
			break;
		default:
			return 0;
		}
	return 0;
}

/* The entry that begins at OFFSET, behind its length. False: there is none, or it does not end within the section. */
static bool entry_at(const struct section *section, size_t offset, struct cursor *entry)
{
	struct cursor at;
	uint32_t size;

	if (offset > section->size)
		return false;
	at = cursor_over(section->bytes + offset, section->size - offset);
	size = cursor_u32(&at);
	if (!cursor_ok(&at) || size == 0 || size > cursor_left(&at))
		return false;
	*entry = cursor_over(at.at, size);
	return true;
}

static void add(struct section *section, size_t offset, struct cursor at)
{
	size_t here = offset + 4;
	uint32_t back = cursor_u32(&at), start = cursor_u32(&at);
	struct function function = { .entry = (int64_t)(section->address + offset - section->header) };
	struct cursor parent;

	if (!cursor_ok(&at) || back == 0 || back > here || !entry_at(section, here - back, &parent))
		return;
	switch (read_encoding(parent)) {
	case RELATIVE_4:
		function.code = (int64_t)(section->address + here + 4 + (uint64_t)(int64_t)(int32_t)start - section->header);
		break;
	case ABSOLUTE_4:
		function.code = (int64_t)(start - section->header);
		break;
	default:
		return;
	}
	if (function.code == (int32_t)function.code && function.entry == (int32_t)function.entry)
		*ARRAY_PUSH(&section->functions) = function;
}

static int by_code(const void *a_, const void *b_)
{
	const struct function *a = a_, *b = b_;

	return a->code != b->code ? (a->code < b->code ? -1 : 1) : (a->entry > b->entry) - (a->entry < b->entry);
}

size_t unwind_table_make(struct buffer *table, uint64_t header, const uint8_t *bytes, size_t size, uint64_t address)
{
	struct section section = { .bytes = bytes, .size = size, .address = address, .header = header };
	struct cursor entry;
	size_t n;

	for (size_t offset = 0; entry_at(&section, offset, &entry); offset += 4 + cursor_left(&entry))
		add(&section, offset, entry);
	if (section.functions.count)
		qsort(section.functions.items, section.functions.count, sizeof *section.functions.items, by_code);
	buffer_u8(table, 1);
	buffer_u8(table, RELATIVE_4);
	buffer_u8(table, UDATA_4);
	buffer_u8(table, DATA_RELATIVE_4);
	buffer_u32(table, (uint32_t)(address - (header + 4)));
	buffer_u32(table, (uint32_t)section.functions.count);
	for (size_t i = 0; i < section.functions.count; i++) {
		buffer_u32(table, (uint32_t)section.functions.items[i].code);
		buffer_u32(table, (uint32_t)section.functions.items[i].entry);
	}
	n = section.functions.count;
	ARRAY_FREE(&section.functions);
	return n;
}
