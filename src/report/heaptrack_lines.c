/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events of one kind come by the million and are the same lines, so a chunk of them is made once
 * and written again and again.
 */
#include "report/heaptrack_lines.h"

#include "report/digits.h"

#define CHUNK 65536

void lines_flush(struct heaptrack_lines *lines)
{
	out_bytes(lines->out, (const char *)lines->text.data, lines->text.size);
	lines->text.size = 0;
}

void lines_begin(struct heaptrack_lines *lines, char letter)
{
	if (lines->text.size >= CHUNK)
		lines_flush(lines);
	buffer_u8(&lines->text, (uint8_t)letter);
}

void lines_number(struct heaptrack_lines *lines, uint64_t value)
{
	buffer_u8(&lines->text, ' ');
	digits_hex(&lines->text, value);
}

void lines_end(struct heaptrack_lines *lines)
{
	buffer_u8(&lines->text, '\n');
}

void lines_pair(struct heaptrack_lines *lines, char letter, uint64_t a, uint64_t b)
{
	lines_begin(lines, letter);
	lines_number(lines, a);
	lines_number(lines, b);
	lines_end(lines);
}

static void append(struct heaptrack_lines *lines, const struct buffer *text, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		buffer_bytes(&lines->text, text->data, text->size);
}

void lines_repeat(struct heaptrack_lines *lines, const struct buffer *text, uint64_t count)
{
	uint64_t at_once = CHUNK / text->size;

	if (count > at_once) {
		lines_flush(lines);
		append(lines, text, at_once);
		for (; count > at_once && !lines->out->failed; count -= at_once)
			out_bytes(lines->out, (const char *)lines->text.data, lines->text.size);
		lines->text.size = 0;
	}
	append(lines, text, count > at_once ? 0 : count);
	if (lines->text.size >= CHUNK)
		lines_flush(lines);
}
