/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labelled moments: what stands in them, when rules take them, and that there are never too many. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "record/image.h"

static struct image *image;
static struct image_ring ring;
static uint64_t tick;

static void setup(void)
{
	image = image_new(getpid());
	memset(&ring, 0, sizeof ring);
	ring.thread = image_thread(image, 100);
	tick = 0;
	image_node(image, 1, 0, 0x401000, 0);
	image_node(image, 2, 1, 0x402000, 0);
}

static void teardown(void)
{
	image_ring_end(image, &ring);
	image_free(image);
}

TestSuite(moments, .init = setup, .fini = teardown);

static void tell(enum event_type type, uint64_t addr, uint64_t size, uint32_t trace)
{
	const struct event event = {.type = type, .addr = addr, .size = size, .trace = trace, .tick = ++tick};

	image_event(image, &ring, &event);
	if (image->moments.rules && image_has_grown(image))
		moments_grown(image);
}

static const char *label(size_t index)
{
	cr_assert_lt(index, image->moments.kept.count);
	return image->moments.kept.items[index].label;
}

static struct snapshot *taken(void)
{
	const struct image_state state = {.moment = "exit", .ended = true, .directory = "", .host = "", .version = ""};
	struct snapshot *snapshot = image_snapshot(image, &state);
	struct error err = ERROR_INIT;

	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	return snapshot;
}

Test(moments, each_keeps_what_was_live_then)
{
	struct error err = ERROR_INIT;
	struct snapshot *snapshot;
	int moment;

	tell(EVENT_ALLOC, 0x10, 100, 1);
	tell(EVENT_ALLOC, 0x20, 30, 2);
	cr_assert_eq(moments_label(image, "two", &err), 0);
	tell(EVENT_FREE, 0x10, 0, 0);
	cr_assert_eq(moments_label(image, "one", &err), 0);
	tell(EVENT_FREE, 0x20, 0, 0);
	cr_assert_eq(moments_label(image, "none", &err), 0);
	snapshot = taken();
	cr_assert_eq(snapshot->moments.count, 5);
	moment = snapshot_moment(snapshot, "two", &err);
	cr_assert_eq(snapshot->moments.items[moment].live.size, 130);
	cr_assert_eq(snapshot_counts(snapshot, (size_t)moment, 0)->size, 100);
	cr_assert_eq(snapshot_counts(snapshot, (size_t)moment, 1)->size, 30);
	cr_assert_gt(snapshot->moments.items[moment].time_ns, 0);
	cr_assert_gt(snapshot->moments.items[moment].rss, 0);
	moment = snapshot_moment(snapshot, "one", &err);
	cr_assert_eq(snapshot->moments.items[moment].live.size, 30);
	cr_assert_eq(snapshot->moments.items[moment].live.count, 1);
	moment = snapshot_moment(snapshot, "none", &err);
	cr_assert_eq(snapshot->moments.items[moment].live.count, 0);
	snapshot_free(snapshot);
}

/* Its traces come later than some of its moments. */
Test(moments, a_clear_leaves_earlier_ones_alone)
{
	struct error err = ERROR_INIT;
	struct snapshot *snapshot;

	tell(EVENT_ALLOC, 0x10, 100, 1);
	moments_take(image, "USR1");
	tell(EVENT_CLEAR, 0, 0, 0);
	tell(EVENT_ALLOC, 0x10, 7, 2);
	moments_take(image, "USR1");
	snapshot = taken();
	cr_assert_eq(snapshot->moments.items[snapshot_moment(snapshot, "USR1-1", &err)].live.size, 100);
	cr_assert_eq(snapshot->moments.items[snapshot_moment(snapshot, "USR1-2", &err)].live.size, 7);
	snapshot_free(snapshot);
}

Test(moments, a_label_is_used_again)
{
	struct error err = ERROR_INIT;

	tell(EVENT_ALLOC, 0x10, 100, 1);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(moments_label(image, i % 2 ? "odd" : "even", &err), 0);
	cr_assert_eq(image->moments.kept.count, 2);
	cr_assert_str_eq(label(1), "odd");
}

Test(moments, labels_are_not_without_end)
{
	struct error err = ERROR_INIT;
	char text[20];

	for (int i = 0; i < MOMENTS_MAX; i++) {
		snprintf(text, sizeof text, "l%d", i);
		cr_assert_eq(moments_label(image, text, &err), 0);
	}
	cr_assert_eq(moments_label(image, "more", &err), -1);
	cr_assert_str_eq(err.text, "the process has 64 labelled moments already");
	cr_assert_eq(moments_label(image, "l5", &err), 0);
}

Test(moments, labels_that_cannot_be)
{
	const char *const bad[] = {"", "exit", "peak", "now", "a@b", "a\nb", "a\xff",
		"0123456789012345678901234567890123456789012345678901234567890123"};
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_eq(moments_label(image, bad[i], &err), -1, "%s", bad[i]);
	cr_assert_eq(image->moments.kept.count, 0);
	cr_assert_eq(moments_label(image, "vor dem Öffnen: 1 %", &err), 0);
}

/* Every second goes when there are too many, and N keeps its meaning. */
Test(moments, every_is_thinned_out_and_goes_on_in_longer_steps)
{
	const struct moments_rules rules = {.every_ns = 1000000000};
	uint64_t last = 0;

	moments_init(&image->moments, &rules);
	for (uint64_t i = 0; i < 100000; i++) {
		moments_tick(image, image->moments.begun_ns + i * 100000000);
		cr_assert_lt(image->moments.kept.count, MOMENTS_MAX);
	}
	cr_assert_geq(image->moments.kept.count, MOMENTS_MAX / 2 - 1);
	for (size_t i = 0; i < image->moments.kept.count; i++) {
		uint64_t number = strtoull(label(i) + strlen("every-"), NULL, 10);

		cr_assert(i == 0 || number - last == 256, "%s", label(i));
		last = number;
	}
	cr_assert_geq(last, 9999 - 256);
}

Test(moments, missed_intervals_are_not_made_up_for)
{
	const struct moments_rules rules = {.every_ns = 1000000000};

	moments_init(&image->moments, &rules);
	moments_tick(image, image->moments.begun_ns + 999999999);
	cr_assert_eq(image->moments.kept.count, 0);
	moments_tick(image, image->moments.begun_ns + 7200000000);
	moments_tick(image, image->moments.begun_ns + 7900000000);
	cr_assert_eq(image->moments.kept.count, 1);
	cr_assert_str_eq(label(0), "every-7");
}

Test(moments, growth_is_counted_in_its_sizes)
{
	const struct moments_rules rules = {.growth = 100};

	moments_init(&image->moments, &rules);
	tell(EVENT_ALLOC, 0x10, 99, 1);
	cr_assert_eq(image->moments.kept.count, 0);
	tell(EVENT_ALLOC, 0x20, 1, 1);
	cr_assert_str_eq(label(0), "growth-1");
	tell(EVENT_FREE, 0x10, 0, 0);
	tell(EVENT_ALLOC, 0x10, 120, 1); /* the same hundred again */
	cr_assert_eq(image->moments.kept.count, 1);
	tell(EVENT_ALLOC, 0x30, 250, 1);
	cr_assert_str_eq(label(1), "growth-3");
	tell(EVENT_CLEAR, 0, 0, 0);
	moments_tick(image, image->moments.begun_ns);
	tell(EVENT_ALLOC, 0x10, 100, 1);
	cr_assert_eq(image->moments.kept.count, 2); /* the first growth-1 has gone */
	cr_assert_str_eq(label(1), "growth-1");
}

Test(moments, growth_byte_by_byte_is_bounded)
{
	const struct moments_rules rules = {.growth = 1};

	moments_init(&image->moments, &rules);
	for (uint64_t i = 1; i < 100000; i++) {
		tell(EVENT_ALLOC, i * 16, 1, 1);
		cr_assert_lt(image->moments.kept.count, MOMENTS_MAX);
	}
	cr_assert_geq(image->moments.kept.count, MOMENTS_MAX / 2 - 1);
}

Test(moments, rss_counts_each_time_that_it_is_reached)
{
	const struct moments_rules rules = {.rss = {1 << 20, 1ull << 50}, .n_rss = 2};

	moments_init(&image->moments, &rules);
	moments_tick(image, 0);
	moments_tick(image, 0);
	cr_assert_eq(image->moments.kept.count, 1);
	cr_assert_str_eq(label(0), "rss-1");
}

/* A snapshot has a number for each moment and trace. */
Test(moments, many_traces_have_fewer_moments)
{
	struct snapshot *snapshot;

	for (uint32_t i = 0; i < 1 << 19; i++)
		ledger_trace(&image->ledger, i, 0, 0, 8);
	for (int i = 0; i < 100; i++)
		moments_take(image, "USR2");
	cr_assert_leq(image->moments.kept.count, 16);
	cr_assert_geq(image->moments.kept.count, 7);
	snapshot = taken();
	snapshot_free(snapshot);
}
