/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nearness is the number of letters to insert, delete, replace or swap (optimal string alignment).
 * A third of the name may be wrong; a name that only goes on is near too ("lim" for "limit"); and
 * capitals are as good as small letters.
 */
#include "cmd/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define NAME_MAX_LETTERS 40

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), rows[3][NAME_MAX_LETTERS + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	if (n > NAME_MAX_LETTERS || m > NAME_MAX_LETTERS)
		return NAME_MAX_LETTERS;
	memset(rows, 0, sizeof(rows));
	for (size_t k = 0; k <= m; k++)
		last[k] = k;
	for (size_t i = 1; i <= n; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t k = 1; k <= m; k++) {
			now[k] = least(least(last[k], now[k - 1]) + 1,
				last[k - 1] + !same_letter(a[i - 1], b[k - 1]));
			if (i > 1 && k > 1 && same_letter(a[i - 1], b[k - 2]) &&
				same_letter(a[i - 2], b[k - 1]))
				now[k] = least(now[k], before[k - 2] + 1);
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

void suggest(struct suggestion *suggestion, const char *name)
{
	size_t typed = strlen(suggestion->typed), allowed = (strlen(name) + 2) / 3;
	size_t found = distance(suggestion->typed, name);

	if (typed >= 2 && strncasecmp(name, suggestion->typed, typed) == 0)
		found = least(found, 1);
	if (found > allowed || (suggestion->best && found >= suggestion->distance))
		return;
	suggestion->best = name;
	suggestion->distance = found;
}
