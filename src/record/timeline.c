/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A point costs the reader some 100 ns, and a look at the resident memory some µs: points begin 64 µs apart, that a short run
 * has some too, and the looks are at least RSS_NS apart, and are carried on between.
 *
 * Events are read some time after they happened. Their ticks tell when, as long as they are times.
 */
#include <string.h>
#include "base/clock.h"
#include "record/image.h"
#include "record/procfs.h"
#include "record/timeline.h"

#define FIRST_STEP_NS (1ull << 16)
#define RSS_NS 2000000ull

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Each two become one; the first, the start, stays. */
static void halve(struct timeline *timeline)
{
	struct point *points = timeline->points.items;
	size_t n = 1;

	for (size_t i = 1; i < timeline->points.count; i += 2, n++) {
		struct point *last = i + 1 < timeline->points.count ? &points[i + 1] : &points[i];
		struct point joined = *last;

		joined.high = larger(joined.high, points[i].high);
		joined.rss = larger(joined.rss, points[i].rss);
		points[n] = joined;
	}
	timeline->points.count = n;
	timeline->step_ns *= 2;
}

/* CLOCK_REALTIME of TICK, or of now where ticks are no times. */
static uint64_t real_ns(const struct image *image, uint64_t tick)
{
	const struct image_clock *clock = &image->clock;
	int64_t ticks = (int64_t)(tick - clock->tick);
	uint64_t ns = (uint64_t)((unsigned __int128)(uint64_t)(ticks < 0 ? -ticks : ticks) * image->ledger.tick_ns >> 32);

	if (!image->ledger.tick_ns || ns > clock->real_ns || tick > clock->tick + LEDGER_TICKS_MAX)
		return clock_ns(CLOCK_REALTIME);
	return ticks < 0 ? clock->real_ns - ns : clock->real_ns + ns;
}

static void look(struct image *image, uint64_t now_ns)
{
	struct timeline *timeline = &image->timeline;
	uint64_t rss;

	if (now_ns - timeline->rss_ns < RSS_NS)
		return;
	timeline->rss_ns = now_ns;
	rss = resident_bytes(image->pid);
	if (rss)
		timeline->rss = rss;
	timeline->rss_high = larger(timeline->rss_high, rss);
}

static struct point make_point(struct image *image, uint64_t time_ns)
{
	struct timeline *timeline = &image->timeline;
	struct ledger *ledger = &image->ledger;
	struct point point;

	ledger_settle(ledger);
	point = (struct point){
		.time_ns = time_ns,
		.live = { ledger->allocated.size - ledger->freed.size, ledger->allocated.count - ledger->freed.count },
		.high = larger(ledger->high, ledger->high_before),
		.rss = timeline->rss_high,
	};
	if (timeline->points.count)
		point.time_ns = larger(time_ns, timeline->points.items[timeline->points.count - 1].time_ns);
	return point;
}

/* TIME_NS stands for the start where that is not told yet. */
static void begin(struct image *image, uint64_t time_ns)
{
	struct timeline *timeline = &image->timeline;

	timeline->step_ns = FIRST_STEP_NS;
	ARRAY_PUSH(&timeline->points)->time_ns = image->started_ns ? image->started_ns : time_ns;
}

static void add(struct image *image, uint64_t time_ns, uint64_t now_ns)
{
	struct timeline *timeline = &image->timeline;
	struct ledger *ledger = &image->ledger;
	struct point point;
	uint64_t step;

	if (!timeline->step_ns)
		begin(image, time_ns);
	look(image, now_ns);
	point = make_point(image, time_ns);
	*ARRAY_PUSH(&timeline->points) = point;
	ledger->high_before = 0;
	ledger->high = ledger->allocated.size - ledger->freed.size;
	timeline->rss_high = timeline->rss;
	if (timeline->points.count >= TIMELINE_MAX)
		halve(timeline);
	/* Where ticks are no times they are numbers of events: some of those stand for the time. */
	step = ledger->tick_ns ? (uint64_t)(((unsigned __int128)timeline->step_ns << 32) / ledger->tick_ns) : timeline->step_ns / 64;
	timeline->due = image->latest + step;
	timeline->due_ns = now_ns + timeline->step_ns;
}

void timeline_take(struct image *image)
{
	add(image, real_ns(image, image->latest), clock_ns(CLOCK_MONOTONIC));
}

void timeline_tick(struct image *image, uint64_t now_ns)
{
	if (now_ns >= image->timeline.due_ns)
		add(image, clock_ns(CLOCK_REALTIME), now_ns);
}

void timeline_write(struct image *image, uint64_t time_ns, uint64_t rss, struct snapshot *snapshot)
{
	struct point last;

	if (!image->timeline.step_ns)
		begin(image, time_ns);
	last = make_point(image, time_ns);
	last.rss = larger(last.rss, rss);
	for (size_t i = 0; i < image->timeline.points.count; i++)
		*ARRAY_PUSH(&snapshot->timeline) = image->timeline.points.items[i];
	*ARRAY_PUSH(&snapshot->timeline) = last;
}
