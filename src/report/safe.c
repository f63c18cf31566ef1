/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text made safe and measured. Every function here takes the same steps through the text, so what
 * is measured is what is written.
 */
#include "report/safe.h"

#include "base/utf8.h"

#define ELLIPSIS "\xe2\x80\xa6" /* U+2026, one column */

static size_t columns_of(uint32_t character)
{
	if (character == UTF8_INVALID || utf8_is_control(character))
		return 1;
	return (size_t)utf8_columns(character);
}

void safe_write(struct out *out, const char *data, size_t size)
{
	const char *end = data + size;

	while (data < end) {
		const char *begin = data;
		uint32_t character = utf8_next(&data, end);

		if (character == UTF8_INVALID)
			out_text(out, UTF8_REPLACEMENT);
		else if (utf8_is_control(character))
			out_text(out, "?");
		else
			out_bytes(out, begin, (size_t)(data - begin));
	}
}

size_t safe_columns(const char *data, size_t size)
{
	const char *end = data + size;
	size_t columns = 0;

	while (data < end)
		columns += columns_of(utf8_next(&data, end));
	return columns;
}

const char *safe_tail(const char *data, size_t size, size_t columns)
{
	size_t left = safe_columns(data, size);
	const char *end = data + size;

	while (data < end && left > columns)
		left -= columns_of(utf8_next(&data, end));
	return data;
}

size_t safe_head(const char *data, size_t size, size_t columns)
{
	const char *at = data, *end = data + size, *fits = data;

	while (at < end) {
		size_t width = columns_of(utf8_next(&at, end));

		if (width > columns)
			break;
		columns -= width;
		fits = at;
	}
	return (size_t)(fits - data);
}

size_t safe_write_head(struct out *out, const char *data, size_t size, size_t columns)
{
	size_t whole = safe_columns(data, size), head;

	if (whole <= columns) {
		safe_write(out, data, size);
		return whole;
	}
	head = safe_head(data, size, columns - 1);
	safe_write(out, data, head);
	out_text(out, ELLIPSIS);
	return safe_columns(data, head) + 1;
}

size_t safe_write_tail(struct out *out, const char *data, size_t size, size_t columns)
{
	size_t whole = safe_columns(data, size);
	const char *tail;

	if (whole <= columns) {
		safe_write(out, data, size);
		return whole;
	}
	tail = safe_tail(data, size, columns - 1);
	out_text(out, ELLIPSIS);
	safe_write(out, tail, size - (size_t)(tail - data));
	return safe_columns(tail, size - (size_t)(tail - data)) + 1;
}
