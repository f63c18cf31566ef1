/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The screen of `memtrace live` as lines of text: what is drawn, and nothing of how.
 */
#ifndef CMD_LIVE_SCREEN_H
#define CMD_LIVE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/memory.h"
#include "cmd/live_keys.h"
#include "model/snapshot.h"

struct live_scene {
	const struct live_keys *keys;
	const struct snapshot *now, *mark;
	bool has_rate;                      /* what the program allocated lately is known */
	double bytes_a_second, blocks_a_second;
	const char *said;                   /* instead of the keys in the last line; NULL */
	bool silent;                        /* newer pictures could not be had */
	bool over;                          /* no more will come */
};

enum live_style { LIVE_PLAIN, LIVE_STRONG, LIVE_DIM, LIVE_TITLE };

struct live_line {
	size_t at, size; /* bytes of the screen's text */
	enum live_style style;
};

struct live_screen {
	char *text;
	size_t size;
	ARRAY(struct live_line) lines; /* at most the window's height; none is wider than the window */
	size_t first, page;            /* keys->first, but no further than the end; lines of rows that there is room for */
};

/* Of a window of WIDTH columns and HEIGHT lines, both at least 1. -1: a sum is too large. SCREEN is to be released either way. */
int live_screen_make(struct live_screen *screen, const struct live_scene *scene, int width, int height, struct error *err);
void live_screen_release(struct live_screen *screen);

#endif
