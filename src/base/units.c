/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sizes as text and text as sizes.
 *
 * The text is CPython's (Lib/tracemalloc.py, _format_size): the unit is chosen on the exact value,
 * then printf rounds half to even, as Python's % does. Dividing a double by 1024 is exact, so the
 * only rounding before that is the one from the integer, which Python makes too. A size to be
 * parsed is exact: digits, no floating point.
 */
#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static char *format_size(char text[UNITS_MAX], double size, bool sign)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	int unit = 0;

	for (; unit < 4 && fabs(size) >= 10 * 1024; unit++)
		size /= 1024;
	int digits = unit && fabs(size) < 100 ? 1 : 0;

	snprintf(text, UNITS_MAX, sign ? "%+.*f %s" : "%.*f %s", digits, size, units[unit]);
	return text;
}

char *units_size(char text[UNITS_MAX], int64_t size, bool signed_)
{
	return format_size(text, (double)size, signed_);
}

char *units_count(char text[UNITS_MAX], uint64_t count, const char *noun)
{
	snprintf(text, UNITS_MAX, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
	return text;
}

char *units_average(char text[UNITS_MAX], int64_t size, int64_t count)
{
	/* Python divides the integers themselves; a long double holds both exactly. */
	return format_size(text, (double)((long double)size / (long double)count), false);
}

static bool parse_unit(const char *text, unsigned int *shift)
{
	static const char letters[] = "KMGTPE";
	const char *letter = *text ? strchr(letters, *text & ~0x20) : NULL;

	*shift = 0;
	if (letter) {
		*shift = 10 * (unsigned int)(letter - letters + 1);
		text++;
		if (strcasecmp(text, "iB") == 0)
			return true;
	}
	return *text == '\0' || strcasecmp(text, "B") == 0;
}

int units_parse(const char *text, uint64_t *size, struct error *err)
{
	unsigned __int128 value = 0, fraction = 0, scale = 1;
	const char *at = text;
	unsigned int shift;
	bool digits = false;

	for (; *at >= '0' && *at <= '9' && value <= INT64_MAX; at++, digits = true)
		value = value * 10 + (unsigned int)(*at - '0');
	if (value > INT64_MAX)
		return error_set(err, "size '%s' is too large", text);
	if (digits && *at == '.') {
		digits = false;
		/* More than 18 digits are below one byte of any unit. */
		for (at++; *at >= '0' && *at <= '9'; at++, digits = true) {
			if (scale < 1000000000000000000ull) {
				fraction = fraction * 10 + (unsigned int)(*at - '0');
				scale *= 10;
			}
		}
	}
	if (!digits || !parse_unit(at, &shift)) {
		error_set(err, "'%s' is not a size", text);
		return error_hint(
			err, "a size is a number of bytes, or one with K, M, G or T: 512K, 1.5G");
	}
	value = (value << shift) + (fraction << shift) / scale;
	if (value > INT64_MAX)
		return error_set(err, "size '%s' is too large", text);
	*size = (uint64_t)value;
	return 0;
}
