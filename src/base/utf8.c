/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-8, decoded by the table of well-formed sequences (Unicode, table 3-7): only the second byte's
 * range depends on the first, so overlong forms, surrogates and numbers over U+10FFFF end at the
 * first byte. Widths are a short list of the blocks that terminals agree upon, no full table of
 * Unicode.
 */
#include "base/utf8.h"

/* How many bytes follow LEAD, and the range of the first of them; 0 when LEAD starts nothing. */
static int following(uint8_t lead, uint8_t *low, uint8_t *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 1;
	if (lead >= 0xe0 && lead <= 0xef) {
		if (lead == 0xe0)
			*low = 0xa0;
		if (lead == 0xed)
			*high = 0x9f;
		return 2;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		if (lead == 0xf0)
			*low = 0x90;
		if (lead == 0xf4)
			*high = 0x8f;
		return 3;
	}
	return 0;
}

uint32_t utf8_next(const char **at, const char *end)
{
	uint8_t lead = (uint8_t) * (*at)++, low, high;
	uint32_t character;
	int left;

	if (lead < 0x80)
		return lead;
	left = following(lead, &low, &high);
	if (left == 0)
		return UTF8_INVALID;
	character = lead & (0x3f >> left);
	for (; left; left--) {
		if (*at == end || (uint8_t) * *at < low || (uint8_t) * *at > high)
			return UTF8_INVALID;
		character = character << 6 | ((uint8_t) * (*at)++ & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	return character;
}

bool utf8_valid(const char *data, size_t size)
{
	const char *end = data + size;

	while (data < end) {
		if (utf8_next(&data, end) == UTF8_INVALID)
			return false;
	}
	return true;
}

struct range {
	uint32_t first, last;
};

static const struct range combining[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd},
	{0x610, 0x61a}, {0x64b, 0x65f}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064},
	{0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};

static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff},
	{0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
	{0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

static bool is_in(const struct range *ranges, size_t n, uint32_t character)
{
	for (size_t i = 0; i < n; i++) {
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	}
	return false;
}

int utf8_columns(uint32_t character)
{
	if (character < 0x300)
		return 1;
	if (is_in(combining, sizeof(combining) / sizeof(*combining), character))
		return 0;
	return is_in(wide, sizeof(wide) / sizeof(*wide), character) ? 2 : 1;
}
