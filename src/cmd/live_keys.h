/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person has chosen in `memtrace live`, and what a key does to it. Nothing here draws or asks.
 */
#ifndef CMD_LIVE_KEYS_H
#define CMD_LIVE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include "report/query.h"

/* Keys that are no characters; a character is its byte. */
enum live_key {
	LIVE_KEY_UP = 0x100, LIVE_KEY_DOWN, LIVE_KEY_PAGE_UP, LIVE_KEY_PAGE_DOWN, LIVE_KEY_HOME, LIVE_KEY_END, LIVE_KEY_BACKSPACE,
	LIVE_KEY_RESIZE, LIVE_KEY_QUIT,
};

enum live_wish {
	LIVE_NOTHING,   /* no more than to draw anew */
	LIVE_QUIT,
	LIVE_SNAPSHOT,  /* write one to a file */
	LIVE_MARK,      /* changes are counted from now on */
	LIVE_ASK,       /* a new picture, at once */
};

struct live_keys {
	enum group_by by;
	enum sort_by sort;
	enum cumulative cumulative;
	bool hide_standard;
	bool change;      /* show what changed since the mark */
	bool paused, help;
	bool typing;      /* characters go to the filter */
	char filter[128]; /* rows whose place or function has it, in upper or lower case; "" all */
	size_t first;     /* the first line of the rows that is seen */
};

/* PAGE: lines of rows that are seen. */
enum live_wish live_key(struct live_keys *keys, int key, size_t page);

/* One line a key, for the help; ends with NULL. */
extern const char *const live_help[];

#endif
