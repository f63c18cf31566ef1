/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base64, strict: each sequence of bytes has exactly one text that is taken, so that a document
 * read and written again is the same document.
 */
#include "base/base64.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buffer *buffer, const void *data, size_t size)
{
	const uint8_t *at = data;

	for (; size; at += 3) {
		size_t n = size < 3 ? size : 3;
		uint32_t bits =
			(uint32_t)at[0] << 16 | (n > 1 ? at[1] << 8 : 0) | (n > 2 ? at[2] : 0);
		char text[4] = {letters[bits >> 18], letters[bits >> 12 & 63],
			n > 1 ? letters[bits >> 6 & 63] : '=', n > 2 ? letters[bits & 63] : '='};

		buffer_bytes(buffer, text, sizeof(text));
		size -= n;
	}
}

/* Four letters to bits; *n is how many bytes they hold. */
static bool decode_group(const char text[4], bool last, uint32_t *bits, size_t *n)
{
	*bits = 0;
	*n = 3;
	if (last && text[3] == '=')
		*n = text[2] == '=' ? 1 : 2;
	for (size_t i = 0; i < 4; i++) {
		const char *letter = i > *n ? letters : memchr(letters, text[i], 64);

		if (!letter)
			return false;
		*bits = *bits << 6 | (uint32_t)(letter - letters);
	}
	return (*bits & (0xffffffu >> 8 * *n)) == 0;
}

bool base64_decode(struct buffer *buffer, const char *text, size_t size)
{
	uint32_t bits;
	size_t n;

	if (size % 4)
		return false;
	for (size_t at = 0; at < size; at += 4) {
		if (!decode_group(text + at, at + 4 == size, &bits, &n))
			return false;
		for (size_t i = 0; i < n; i++)
			buffer_u8(buffer, (uint8_t)(bits >> (16 - 8 * i)));
	}
	return true;
}
