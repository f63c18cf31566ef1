/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace live PID: who holds the memory, again and again. Each picture is a snapshot, taken as `memtrace snapshot` takes one, so
 * that what is seen is what a file would say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "cmd/asking.h"
#include "cmd/command.h"
#include "cmd/live_feed.h"
#include "cmd/live_keys.h"
#include "cmd/live_window.h"
#include "cmd/nowfile.h"
#include "cmd/snapshot_at.h"

#define INTERVAL_DEFAULT 1000000000ull
#define INTERVAL_LEAST 100000000ull

struct live_options {
	const char *by, *sort, *cumulative, *interval;
	bool hide_std;
};

static const struct option_row rows[] = {
	{.name = "by",
		.letter = 'b',
		.type = OPTION_CHOICE,
		.offset = offsetof(struct live_options, by),
		.argument = "KEY",
		.choices = QUERY_BY_NAMES,
		.summary = "begin with rows by KEY, as of top"},
	{.name = "sort",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct live_options, sort),
		.argument = "KEY",
		.choices = QUERY_SORT_NAMES,
		.summary = "begin in the order of size (default), count, average or name"},
	{.name = "cumulative",
		.type = OPTION_OPTIONAL,
		.offset = offsetof(struct live_options, cumulative),
		.argument = "once",
		.choices = "once",
		.summary = "begin by counting a block for every frame of its stack"},
	{.name = "hide-std",
		.type = OPTION_FLAG,
		.offset = offsetof(struct live_options, hide_std),
		.summary = "begin without frames of libc, C++ library and allocators"},
	{.name = "interval",
		.letter = 'i',
		.type = OPTION_TEXT,
		.offset = offsetof(struct live_options, interval),
		.argument = "TIME",
		.summary = "a new picture every TIME, at least 100ms (default: 1s)"},
	{.name = NULL},
};

struct live {
	struct live_keys keys;
	struct live_feed *feed;
	struct live_picture picture, mark;
	struct live_scene scene;
	char said[512];
	uint64_t total_size, total_count, taken_ns; /* of the picture before */
};

static void say(struct live *live, const char *text, const char *more)
{
	snprintf(live->said, sizeof live->said, "%s%s", text, more);
	live->scene.said = live->said;
}

static int set_mark(struct live *live, struct error *err)
{
	struct snapshot *copy = snapshot_decode(live->picture.body.data, live->picture.body.size, err);

	if (!copy)
		return -1;
	live_picture_release(&live->mark);
	live->mark.snapshot = copy;
	return 0;
}

/* A clear in between would make it negative: then nothing is known. */
static void set_rate(struct live *live)
{
	const struct run *run = &live->picture.snapshot->run;
	double seconds = (double)(int64_t)(run->taken_ns - live->taken_ns) / 1e9;

	live->scene.has_rate = live->taken_ns && seconds > 0 && run->total_size >= live->total_size &&
		run->total_count >= live->total_count;
	if (live->scene.has_rate) {
		live->scene.bytes_a_second = (double)(run->total_size - live->total_size) / seconds;
		live->scene.blocks_a_second = (double)(run->total_count - live->total_count) / seconds;
	}
	live->total_size = run->total_size;
	live->total_count = run->total_count;
	live->taken_ns = run->taken_ns;
}

static void write_snapshot(struct live *live)
{
	struct error err = ERROR_INIT;
	char *name = NULL;

	if (nowfile_write(NULL, false, live->picture.snapshot, &live->picture.body, &name, &err) < 0)
		say(live, err.text, "");
	else
		say(live, "wrote ", name);
	free(name);
}

static void take_news(struct live *live)
{
	struct error err = ERROR_INIT;
	bool was_silent = live->scene.silent;
	enum live_news news;

	if (live_feed_take(live->feed, &live->picture, &news, &err))
		set_rate(live);
	live->scene.over = news == LIVE_OVER;
	live->scene.silent = news != LIVE_GOOD;
	if (live->scene.silent)
		say(live, err.text, "");
	else if (was_silent)
		live->scene.said = NULL;
}

static int draw(struct live *live, struct error *err)
{
	struct live_screen screen;
	int width, height, rc;

	live->scene.keys = &live->keys;
	live->scene.now = live->picture.snapshot;
	live->scene.mark = live->mark.snapshot;
	live_window_size(&width, &height);
	rc = live_screen_make(&screen, &live->scene, width, height, err);
	if (rc == 0) {
		live->keys.first = screen.first;
		live_window_draw(&screen);
	}
	live_screen_release(&screen);
	return rc;
}

/* False: the end. */
static bool obey(struct live *live, int key)
{
	int width, height;
	bool paused = live->keys.paused;
	struct error err = ERROR_INIT;

	live_window_size(&width, &height);
	if (!live->scene.silent)
		live->scene.said = NULL;
	switch (live_key(&live->keys, key, height > 6 ? (size_t)height - 6 : 1)) {
	case LIVE_QUIT:
		return false;
	case LIVE_SNAPSHOT:
		write_snapshot(live);
		break;
	case LIVE_MARK:
		if (set_mark(live, &err) < 0)
			say(live, err.text, "");
		break;
	case LIVE_ASK:
		live_feed_hurry(live->feed);
		break;
	case LIVE_NOTHING:
		break;
	}
	if (paused != live->keys.paused)
		live_feed_pause(live->feed, live->keys.paused);
	return true;
}

static int look_on(struct live *live, struct error *err)
{
	bool going = true;

	while (going) {
		int key;

		if (draw(live, err) < 0)
			return -1;
		live_window_wait(live_feed_fd(live->feed));
		take_news(live);
		while (going && (key = live_window_key()) >= 0)
			going = obey(live, key);
	}
	return 0;
}

static void set_keys(struct live_keys *keys, const struct live_options *options)
{
	keys->by = options->by ? (enum group_by)query_by(options->by) : BY_LINENO;
	keys->sort = options->sort ? (enum sort_by)query_sort(options->sort) : SORT_SIZE;
	keys->hide_standard = options->hide_std;
	if (options->cumulative)
		keys->cumulative = *options->cumulative ? CUMULATIVE_ONCE : CUMULATIVE_FRAMES;
}

static int check(const struct live_keys *keys, struct error *err)
{
	struct query query = QUERY_INIT;

	query.by = keys->by;
	query.cumulative = keys->cumulative;
	return query_check(&query, err);
}

static int watch(struct live *live, int32_t pid, uint64_t interval_ns, struct error *err)
{
	int rc;

	live->feed = live_feed_start(pid, interval_ns, &live->picture, err);
	if (!live->feed)
		return -1;
	set_rate(live);
	rc = set_mark(live, err);
	if (rc == 0)
		rc = live_window_open(err);
	if (rc == 0) {
		rc = look_on(live, err);
		live_window_close();
	}
	live_feed_stop(live->feed);
	live_picture_release(&live->picture);
	live_picture_release(&live->mark);
	return rc;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	const struct live_options *options = data;
	struct live live = {0};
	uint64_t interval_ns = INTERVAL_DEFAULT;
	int32_t pid;

	if (argc != 1) {
		error_set(err, argc < 1 ? "live: no process is named" : "live: one process, not %d", argc);
		return error_hint(err, "memtrace live PID");
	}
	set_keys(&live.keys, options);
	if (check(&live.keys, err) < 0 || asking_pid("live", argv[0], &pid, err) < 0)
		return -1;
	if (options->interval && snapshot_at_time(options->interval, &interval_ns, err) < 0)
		return error_prefix(err, "live: --interval");
	return watch(&live, pid, interval_ns < INTERVAL_LEAST ? INTERVAL_LEAST : interval_ns, err);
}

const struct command command_live = {
	.name = "live",
	.usage = "[OPTIONS] PID",
	.summary = "look on who holds the memory of a running, traced process",
	.options = rows,
	.options_size = sizeof(struct live_options),
	.run = run,
};
