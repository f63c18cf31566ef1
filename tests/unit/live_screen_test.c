/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>
#include "cmd/live_screen.h"
#include "printed.h"
#include "report/safe.h"

struct shown {
	struct snapshot *now, *mark;
	struct live_keys keys;
	struct live_scene scene;
	struct live_screen screen;
};

static void open_shown(struct shown *shown)
{
	*shown = (struct shown){.now = imported_file("tests/golden/new.json"), .mark = imported_file("tests/golden/old.json")};
	shown->scene = (struct live_scene){.keys = &shown->keys, .now = shown->now, .mark = shown->mark};
}

static void close_shown(struct shown *shown)
{
	live_screen_release(&shown->screen);
	snapshot_free(shown->now);
	snapshot_free(shown->mark);
}

static void show(struct shown *shown, int width, int height)
{
	struct error err = ERROR_INIT;

	live_screen_release(&shown->screen);
	cr_assert_eq(live_screen_make(&shown->screen, &shown->scene, width, height, &err), 0, "%s", err.text);
}

/* Whether a line of the screen has TEXT. */
static bool has(const struct shown *shown, const char *text)
{
	for (size_t i = 0; i < shown->screen.lines.count; i++) {
		const struct live_line *line = &shown->screen.lines.items[i];

		if (memmem(shown->screen.text + line->at, line->size, text, strlen(text)))
			return true;
	}
	return false;
}

Test(live_screen, fits_any_window)
{
	struct shown shown;

	open_shown(&shown);
	shown.scene.said = "something that is longer than the narrowest window";
	for (int by = BY_LINENO; by <= BY_OWNER; by++)
		for (int mode = 0; mode < 8; mode++)
			for (int width = 1; width < 140; width += 6)
				for (int height = 1; height < 30; height += 4) {
					shown.keys = (struct live_keys){.by = (enum group_by)by, .change = mode & 1, .help = mode & 2,
						.typing = mode & 4, .first = (size_t)mode};
					show(&shown, width, height);
					cr_assert_eq(shown.screen.lines.count, (size_t)height);
					for (size_t i = 0; i < shown.screen.lines.count; i++) {
						const struct live_line *line = &shown.screen.lines.items[i];

						cr_assert_leq(safe_columns(shown.screen.text + line->at, line->size),
							(size_t)width);
					}
				}
	close_shown(&shown);
}

Test(live_screen, says_what_there_is)
{
	struct shown shown;

	open_shown(&shown);
	show(&shown, 200, 40);
	cr_assert(has(&shown, "memtrace live "));
	cr_assert(has(&shown, "current "));
	cr_assert(has(&shown, "by lineno, order size"));
	cr_assert(has(&shown, "total: "));
	cr_assert(has(&shown, "q quit"));
	cr_assert(!has(&shown, "allocating"));
	cr_assert(!has(&shown, "CHANGE"));
	shown.scene.has_rate = true;
	shown.scene.bytes_a_second = 2048;
	shown.scene.blocks_a_second = 12.4;
	shown.scene.silent = true;
	show(&shown, 200, 40);
	cr_assert(has(&shown, "(no news)"));
	shown.scene.over = true;
	shown.keys.change = true;
	show(&shown, 200, 40);
	cr_assert(has(&shown, "allocating 2048 B/s in 12 blocks/s"));
	cr_assert(has(&shown, "(ended)"));
	cr_assert(has(&shown, "CHANGE"));
	close_shown(&shown);
}

Test(live_screen, filters_rows_by_what_they_say)
{
	struct shown shown;
	size_t all;

	open_shown(&shown);
	shown.keys.by = BY_FILENAME;
	show(&shown, 200, 40);
	all = shown.screen.lines.count;
	cr_assert(has(&shown, "pool.c"));
	strcpy(shown.keys.filter, "POOL.c");
	show(&shown, 200, 40);
	cr_assert_eq(shown.screen.lines.count, all);
	cr_assert(has(&shown, "pool.c"), "in upper or lower case");
	strcpy(shown.keys.filter, "no such thing");
	show(&shown, 200, 40);
	cr_assert(has(&shown, "with \"no such thing\""));
	cr_assert(!has(&shown, "pool.c"));
	cr_assert(has(&shown, "total: "), "the sums are those of all");
	close_shown(&shown);
}

Test(live_screen, ends_where_the_rows_end)
{
	struct shown shown;

	open_shown(&shown);
	shown.keys.first = SIZE_MAX / 2;
	show(&shown, 100, 8);
	cr_assert(has(&shown, "total: "), "the end is seen");
	cr_assert_gt(shown.screen.first, 0);
	shown.keys.first = shown.screen.first;
	show(&shown, 100, 8);
	cr_assert(has(&shown, "total: "));
	shown.keys.first = 0;
	show(&shown, 100, 8);
	cr_assert_eq(shown.screen.first, 0);
	cr_assert(!has(&shown, "total: "));
	close_shown(&shown);
}
