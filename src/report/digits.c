/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digits from the last to the first; a tenth of what printf takes.
 */
#include "report/digits.h"

static void digits(struct buffer *buffer, uint64_t value, unsigned base)
{
	char text[20], *at = text + sizeof(text);

	do {
		*--at = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	buffer_bytes(buffer, at, (size_t)(text + sizeof(text) - at));
}

void digits_decimal(struct buffer *buffer, uint64_t value)
{
	digits(buffer, value, 10);
}

void digits_hex(struct buffer *buffer, uint64_t value)
{
	digits(buffer, value, 16);
}
