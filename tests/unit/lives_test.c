/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the recorder sees become of blocks: temporary, resized, lifetimes, sizes, the timeline. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "record/image.h"

static struct image *image;
static struct image_ring rings[2];
static uint64_t tick;

static void setup(void)
{
	image = image_new(1 << 30);
	memset(rings, 0, sizeof rings);
	rings[0].thread = image_thread(image, 100);
	rings[1].thread = image_thread(image, 101);
	image->ledger.tick_ns = 5ull << 32;
	image->clock = (struct image_clock){ 0, 1000000000000ull };
	image->started_ns = 1000000000000ull;
	tick = 0;
	image_node(image, 1, 0, 0x401000, 0);
	image_node(image, 2, 0, 0x402000, 0);
}

static void teardown(void)
{
	image_ring_end(image, &rings[0]);
	image_ring_end(image, &rings[1]);
	image_free(image);
}

TestSuite(lives, .init = setup, .fini = teardown);

/* By ring WHO; stack 1 or 2 is SIZE's: 100 and more is the second's. */
static void tell(int who, enum event_type type, uint64_t addr, uint64_t size)
{
	struct event event = { .type = type, .addr = addr, .size = size, .trace = size < 100 ? 1 : 2, .tick = ++tick };

	if (type == EVENT_MAP || type == EVENT_UNMAP || (type == EVENT_UNDO && addr % 0x1000 == 0))
		event.domain = DOMAIN_MMAP;
	image_event(image, &rings[who], &event);
}

/* To be freed by the caller. */
static struct snapshot *taken(void)
{
	const struct image_state state = { .moment = "exit", .ended = true, .directory = "", .host = "", .version = "",
		.taken_ns = 1000000000000ull + tick * 5 };
	struct snapshot *snapshot = image_snapshot(image, &state);
	struct error err = ERROR_INIT;

	cr_assert_eq(snapshot_sum(snapshot, &err), 0, "%s", err.text);
	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	cr_assert(snapshot->keeps_lives && snapshot->keeps_sizes);
	return snapshot;
}

/* Of all traces. */
static struct life all(const struct snapshot *snapshot)
{
	struct life sum = { { 0, 0 }, { 0, 0 }, 0, 0, 0 };

	for (size_t i = 0; i < snapshot->lives.count; i++)
		life_add(&sum, &snapshot->lives.items[i]);
	return sum;
}

static void assert_temporary(uint64_t size, uint64_t count)
{
	struct snapshot *snapshot = taken();
	struct life life = all(snapshot);

	cr_assert_eq(life.temporary.size, size);
	cr_assert_eq(life.temporary.count, count);
	snapshot_free(snapshot);
}

Test(lives, a_block_is_temporary_until_its_threads_next)
{
	tell(0, EVENT_ALLOC, 0x10, 7);
	tell(0, EVENT_FREE, 0x10, 0);
	assert_temporary(7, 1);
	tell(0, EVENT_ALLOC, 0x10, 7);
	tell(0, EVENT_ALLOC, 0x20, 7);
	tell(0, EVENT_FREE, 0x10, 0);
	assert_temporary(7, 1);
	tell(0, EVENT_FREE, 0x20, 0);
	assert_temporary(14, 2);
}

Test(lives, what_other_threads_do_is_no_matter)
{
	tell(0, EVENT_ALLOC, 0x10, 7);
	tell(1, EVENT_ALLOC, 0x20, 9);
	tell(1, EVENT_FREE, 0x10, 0); /* another one frees it */
	assert_temporary(7, 1);
	tell(0, EVENT_ALLOC, 0x10, 5);
	tell(1, EVENT_FREE, 0x20, 0);
	assert_temporary(16, 2);
	tell(1, EVENT_ALLOC, 0x30, 1);
	tell(0, EVENT_ALLOC, 0x40, 1);
	tell(1, EVENT_FREE, 0x10, 0);
	assert_temporary(16, 2);
}

Test(lives, a_block_that_is_resized_lives_on)
{
	struct snapshot *snapshot;
	struct life life;

	tell(0, EVENT_ALLOC, 0x10, 10);
	tell(0, EVENT_MOVE, 0x10, 0);
	tell(0, EVENT_ALLOC, 0x10, 20); /* where it was */
	tell(0, EVENT_MOVE, 0x10, 0);
	tell(0, EVENT_ALLOC, 0x80, 30);
	tell(0, EVENT_MOVE, 0x80, 0);
	tell(0, EVENT_ALLOC, 0x10, 5); /* smaller */
	tell(0, EVENT_ALLOC, 0x90, 50); /* of nothing */
	snapshot = taken();
	life = all(snapshot);
	cr_assert_eq(life.temporary.count, 0);
	cr_assert_eq(life.grown, 2);
	cr_assert_eq(life.moved.count, 2);
	cr_assert_eq(life.moved.size, 25);
	cr_assert_eq(life.timed, 3);
	snapshot_free(snapshot);
}

Test(lives, a_resize_of_nothing_known_is_none)
{
	struct snapshot *snapshot;
	struct life life;

	tell(0, EVENT_ALLOC, 0x10, 10);
	tell(0, EVENT_MOVE, 0x10, 0);
	tell(0, EVENT_UNDO, 0x10, 0);
	tell(0, EVENT_ALLOC, 0x20, 20);
	tell(0, EVENT_MOVE, 0x500, 0);
	tell(0, EVENT_ALLOC, 0x30, 30);
	tell(0, EVENT_MOVE, 0x10, 0);
	tell(1, EVENT_ALLOC, 0x40, 40); /* another's */
	tell(0, EVENT_CLEAR, 0, 0);
	tell(0, EVENT_ALLOC, 0x50, 50);
	snapshot = taken();
	life = all(snapshot);
	cr_assert_eq(life.grown, 0);
	cr_assert_eq(life.moved.count, 0);
	cr_assert_eq(life.timed, 0);
	snapshot_free(snapshot);
}

Test(lives, a_failed_resize_is_taken_back)
{
	struct snapshot *snapshot;
	struct life life;

	tell(0, EVENT_ALLOC, 0x10, 10);
	tell(0, EVENT_MOVE, 0x10, 0);
	tell(0, EVENT_UNDO, 0x10, 0);
	snapshot = taken();
	cr_assert_eq(all(snapshot).timed, 0);
	cr_assert_eq(snapshot->lifetimes.count, 0);
	snapshot_free(snapshot);
	tell(0, EVENT_FREE, 0x10, 0);
	snapshot = taken();
	life = all(snapshot);
	cr_assert_eq(life.timed, 1);
	cr_assert_eq(life.lifetime_ns, 15);
	cr_assert_eq(life.temporary.count, 1, "nothing was allocated in between");
	snapshot_free(snapshot);
}

Test(lives, ticks_are_times)
{
	struct snapshot *snapshot;

	tell(0, EVENT_ALLOC, 0x10, 10);
	tick += 99;
	tell(0, EVENT_FREE, 0x10, 0);
	tell(0, EVENT_ALLOC, 0x10, 30);
	tell(0, EVENT_FREE, 0x10, 0);
	tell(0, EVENT_ALLOC, 0x10, 40);
	tell(0, EVENT_ALLOC, 0x10, 50); /* when the former went nobody knows */
	snapshot = taken();
	cr_assert_eq(all(snapshot).timed, 2);
	cr_assert_eq(all(snapshot).lifetime_ns, 252);
	cr_assert_eq(snapshot->lifetimes.count, 2);
	cr_assert_eq(snapshot->lifetimes.items[0].class, 3);
	cr_assert_eq(snapshot->lifetimes.items[0].counts.size, 30);
	cr_assert_eq(snapshot->lifetimes.items[1].class, 9);
	cr_assert_eq(snapshot->lifetimes.items[1].counts.size, 10);
	snapshot_free(snapshot);
	image->ledger.tick_ns = 0;
	snapshot = taken();
	cr_assert_eq(all(snapshot).timed, 0, "ticks that are no times tell none");
	cr_assert_eq(snapshot->lifetimes.count, 0);
	snapshot_free(snapshot);
}

Test(lives, hostile_ticks_are_long_lives)
{
	struct snapshot *snapshot;

	tell(0, EVENT_ALLOC, 0x10, 10);
	tick = UINT64_MAX - 5;
	tell(0, EVENT_FREE, 0x10, 0);
	snapshot = taken();
	cr_assert_eq(all(snapshot).lifetime_ns, 5 * LEDGER_TICKS_MAX);
	snapshot_free(snapshot);
}

Test(lives, mappings_live_until_their_last_piece)
{
	struct snapshot *snapshot;

	tell(0, EVENT_MAP, 0x10000, 0x4000);
	tell(0, EVENT_UNMAP, 0x11000, 0x1000);
	tell(0, EVENT_UNMAP, 0x10000, 0x1000);
	snapshot = taken();
	cr_assert_eq(all(snapshot).timed, 0);
	cr_assert_eq(snapshot->sizes.items[0].min, 0x4000);
	cr_assert_eq(snapshot->sizes.items[0].live.size, 0x2000);
	snapshot_free(snapshot);
	tell(0, EVENT_UNMAP, 0x12000, 0x2000);
	tell(0, EVENT_UNDO, 0x12000, 0);
	snapshot = taken();
	cr_assert_eq(all(snapshot).timed, 0);
	snapshot_free(snapshot);
	tell(0, EVENT_UNMAP, 0x10000, 0x8000);
	snapshot = taken();
	cr_assert_eq(all(snapshot).timed, 1);
	cr_assert_eq(all(snapshot).lifetime_ns, 25);
	cr_assert_eq(snapshot->lifetimes.items[0].counts.size, 0x4000);
	cr_assert_eq(all(snapshot).temporary.count, 0);
	snapshot_free(snapshot);
}

/* One stack's blocks of several classes are one trace, of which each class has its own. */
Test(lives, sizes_by_class)
{
	static const uint64_t sizes[] = { 17, 32, 33, 64, 0, 20 };
	struct snapshot *snapshot;
	const struct size_class *rows;
	size_t n;

	for (uint64_t i = 0; i < 6; i++)
		tell(0, EVENT_ALLOC, 0x1000 + i * 0x100, sizes[i]);
	tell(0, EVENT_FREE, 0x1000, 0);
	snapshot = taken();
	cr_assert_eq(snapshot->traces.count, 1);
	rows = snapshot_sizes_of(snapshot, 0, &n);
	cr_assert_eq(n, 3);
	cr_assert_eq(rows[0].max, 0);
	cr_assert_eq(rows[0].live.count, 1);
	cr_assert_eq(rows[1].min, 17);
	cr_assert_eq(rows[1].max, 32);
	cr_assert_eq(rows[1].total.size, 69);
	cr_assert_eq(rows[1].total.count, 3);
	cr_assert_eq(rows[1].live.size, 52);
	cr_assert_eq(rows[2].live.count, 2);
	snapshot_free(snapshot);
}

/* However many are taken: bounded, in order, from the start to the end, and no height is missed. */
Test(lives, a_timeline_is_bounded_and_misses_no_height)
{
	struct snapshot *snapshot;
	uint64_t high = 0, last = 0;

	for (uint64_t i = 0; i < 5000; i++) {
		tell(0, EVENT_ALLOC, 0x1000, 10 + (i == 3333 ? 5000 : i % 50));
		tell(0, EVENT_FREE, 0x1000, 0);
		tick += 20000;
		if (tick >= image->timeline.due)
			timeline_take(image);
	}
	tell(0, EVENT_ALLOC, 0x1000, 77);
	snapshot = taken();
	cr_assert_leq(snapshot->timeline.count, TIMELINE_MAX);
	cr_assert_geq(snapshot->timeline.count, TIMELINE_MAX / 2 - 1);
	cr_assert_eq(snapshot->timeline.items[0].time_ns, image->started_ns);
	for (size_t i = 0; i < snapshot->timeline.count; i++) {
		const struct point *point = &snapshot->timeline.items[i];

		cr_assert_geq(point->time_ns, last);
		last = point->time_ns;
		high = point->high > high ? point->high : high;
	}
	cr_assert_eq(high, 5010);
	cr_assert_eq(last, 1000000000000ull + tick * 5);
	cr_assert_eq(snapshot->timeline.items[snapshot->timeline.count - 1].live.size, 77);
	snapshot_free(snapshot);
}

/* The peak may be told to begin anew; the picture shows what was. */
Test(lives, a_reset_peak_is_seen_in_the_timeline)
{
	struct snapshot *snapshot;

	tell(0, EVENT_ALLOC, 0x1000, 90);
	tell(0, EVENT_FREE, 0x1000, 0);
	tell(0, EVENT_RESET_PEAK, 0, 0);
	tell(0, EVENT_ALLOC, 0x1000, 10);
	tell(0, EVENT_FREE, 0x1000, 0);
	snapshot = taken();
	cr_assert_eq(snapshot->run.peak_size, 10);
	cr_assert_eq(snapshot->timeline.items[1].high, 90);
	snapshot_free(snapshot);
}
