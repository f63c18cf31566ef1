/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "Did you mean …?": the nearest of some names to what was typed.
 */
#ifndef CMD_SUGGEST_H
#define CMD_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *typed;
	const char *best; /* NULL: none is near enough, so far */
	size_t distance;
};

/* Considers one name; it stays the caller's. Zero but for .typed at first. */
void suggest(struct suggestion *suggestion, const char *name);

#endif
