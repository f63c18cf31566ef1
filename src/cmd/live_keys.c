/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys are those of top, less and htop where these agree: q, /, arrows, space for a page. Whoever types a filter sees it at
 * work with each character; Enter keeps it, Escape drops it.
 */
#include <string.h>
#include "cmd/live_keys.h"

enum { ESCAPE = 27, CONTROL_C = 3, CONTROL_U = 21, CONTROL_L = 12, DELETE = 127 };

const char *const live_help[] = {
	"g, G      group by the next key, the one before: lineno, filename, function, module, thread, owner, traceback",
	"o         order by size, count, average, name",
	"c         count a block for every frame of its stack (cumulative), or for the most recent one",
	"h         hide or show the frames of libc, the C++ library and allocators",
	"d         show what changed since the mark, or what there is",
	"m         set the mark here (it was set at the start)",
	"/         filter by what is typed: Enter keeps it, Escape drops it",
	"p         pause, go on",
	"r         a new picture at once",
	"s         write a snapshot",
	"arrows, Page Up, Page Down, Home, End     move",
	"q         quit",
	NULL,
};

static const enum group_by groups[] = {BY_LINENO, BY_FILENAME, BY_FUNCTION, BY_MODULE, BY_THREAD, BY_OWNER, BY_TRACEBACK};
enum { GROUPS = sizeof groups / sizeof *groups };

static const enum sort_by sorts[] = {SORT_SIZE, SORT_COUNT, SORT_AVERAGE, SORT_NAME};
enum { SORTS = sizeof sorts / sizeof *sorts };

/* Rows of threads have no frames to count blocks for. */
static void set_group(struct live_keys *keys, size_t at)
{
	struct query query = QUERY_INIT;
	struct error ignored = ERROR_INIT;

	keys->by = query.by = groups[at % GROUPS];
	query.cumulative = keys->cumulative;
	if (query_check(&query, &ignored) < 0)
		keys->cumulative = CUMULATIVE_NO;
}

static size_t group_index(enum group_by by)
{
	size_t at = 0;

	while (at < GROUPS - 1 && groups[at] != by)
		at++;
	return at;
}

static void next_sort(struct live_keys *keys)
{
	size_t at = 0;

	while (at < SORTS - 1 && sorts[at] != keys->sort)
		at++;
	keys->sort = sorts[(at + 1) % SORTS];
}

static void toggle_cumulative(struct live_keys *keys)
{
	struct query query = QUERY_INIT;
	struct error ignored = ERROR_INIT;

	query.by = keys->by;
	query.cumulative = CUMULATIVE_FRAMES;
	if (keys->cumulative || query_check(&query, &ignored) < 0)
		keys->cumulative = CUMULATIVE_NO;
	else
		keys->cumulative = CUMULATIVE_FRAMES;
}

static void type(struct live_keys *keys, int key)
{
	size_t length = strlen(keys->filter);

	if (key == '\n' || key == '\r') {
		keys->typing = false;
	} else if (key == ESCAPE) {
		keys->typing = false;
		keys->filter[0] = 0;
	} else if (key == LIVE_KEY_BACKSPACE || key == DELETE || key == '\b') {
		while (length && (keys->filter[--length] & 0xc0) == 0x80)
			; /* a whole character of UTF-8 */
		keys->filter[length] = 0;
	} else if (key == CONTROL_U) {
		keys->filter[0] = 0;
	} else if (key >= ' ' && key < 0x100 && length + 1 < sizeof keys->filter) {
		keys->filter[length] = (char)key;
		keys->filter[length + 1] = 0;
	}
	keys->first = 0;
}

/* Whether it was a key that moves. */
static bool move(struct live_keys *keys, int key, size_t page)
{
	size_t step = key == LIVE_KEY_UP || key == LIVE_KEY_DOWN || key == 'k' || key == 'j' ? 1 : page;

	switch (key) {
	case LIVE_KEY_UP:
	case 'k':
	case LIVE_KEY_PAGE_UP:
		keys->first = keys->first > step ? keys->first - step : 0;
		return true;
	case LIVE_KEY_DOWN:
	case 'j':
	case LIVE_KEY_PAGE_DOWN:
	case ' ':
		keys->first += step;
		return true;
	case LIVE_KEY_HOME:
		keys->first = 0;
		return true;
	case LIVE_KEY_END:
		keys->first = SIZE_MAX / 2; /* whoever draws knows the end */
		return true;
	}
	return false;
}

static enum live_wish choose(struct live_keys *keys, int key)
{
	keys->first = 0;
	switch (key) {
	case 'g':
		set_group(keys, group_index(keys->by) + 1);
		break;
	case 'G':
		set_group(keys, group_index(keys->by) + GROUPS - 1);
		break;
	case 'o':
		next_sort(keys);
		break;
	case 'c':
		toggle_cumulative(keys);
		break;
	case 'h':
		keys->hide_standard = !keys->hide_standard;
		break;
	case 'd':
		keys->change = !keys->change;
		break;
	case '/':
		keys->typing = true;
		break;
	case ESCAPE:
		keys->filter[0] = 0;
		break;
	case 'm':
		keys->change = true;
		return LIVE_MARK;
	}
	return LIVE_NOTHING;
}

enum live_wish live_key(struct live_keys *keys, int key, size_t page)
{
	if (key == LIVE_KEY_RESIZE)
		return LIVE_NOTHING;
	if (key == CONTROL_C || key == LIVE_KEY_QUIT)
		return LIVE_QUIT;
	if (keys->help && key != 'q') {
		keys->help = false;
		return LIVE_NOTHING;
	}
	if (move(keys, keys->typing && key < 0x100 ? 0 : key, page))
		return LIVE_NOTHING;
	if (keys->typing) {
		type(keys, key);
		return LIVE_NOTHING;
	}
	switch (key) {
	case 'q':
	case 'Q':
		return LIVE_QUIT;
	case '?':
		keys->help = true;
		return LIVE_NOTHING;
	case 'p':
		keys->paused = !keys->paused;
		return LIVE_NOTHING;
	case 'r':
	case CONTROL_L:
		return LIVE_ASK;
	case 's':
		return LIVE_SNAPSHOT;
	}
	return choose(keys, key);
}
