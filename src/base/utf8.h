/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading text that claims to be UTF-8 (The Unicode Standard, section 3.9): file names and symbols
 * hold any bytes, so nothing here fails. What is not UTF-8 is taken apart into maximal subparts, as
 * Unicode recommends and Python does: each of them is one U+FFFD to whoever shows it.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID UINT32_MAX
#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The character at *at (< END), which moves behind it; UTF8_INVALID for a maximal subpart of one,
 * at least one byte. */
uint32_t utf8_next(const char **at, const char *end);
bool utf8_valid(const char *data, size_t size);
/* How many columns of a terminal the character takes: 0 combining, 2 wide, else 1. */
int utf8_columns(uint32_t character);
/* A C0 or C1 control character or DEL: what may not reach a terminal as it is. */
static inline bool utf8_is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

#endif
