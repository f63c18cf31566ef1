/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds over rings that are ordinary memory: horizon, floor, heads that stay odd. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "record/inbox.h"

enum { RINGS = 3, FAR = 1 << 20 };

static struct pool pool;
static struct reader reader;
static uint64_t positions[RINGS], ticks[RINGS];

static void setup(void)
{
	pool.memory_fd = pool.pipe_read = pool.pipe_write = -1;
	pool.head = calloc(1, WIRE_RINGS_AT);
	pool.processes = (void *)((uint8_t *)pool.head + WIRE_PROCESSES_AT);
	pool.slots = (void *)((uint8_t *)pool.head + WIRE_SLOTS_AT);
	pool.processes[0].state = WIRE_PROCESS_LIVE;
	pool.processes[0].generation = 1;
	for (uint32_t i = 0; i < RINGS; i++) {
		pool.slots[i].process_generation = 1;
		pool.slots[i].tid = (int32_t)i + 1;
		pool.slots[i].capacity = WIRE_RING_MIN;
		pool.rings[i] = calloc(1, WIRE_RING_MAX);
	}
	memset(positions, 0, sizeof positions);
	memset(ticks, 0, sizeof ticks);
	reader_init(&reader, &pool, 1);
}

static void teardown(void)
{
	reader_release(&reader);
	for (uint32_t i = 0; i < RINGS; i++)
		free(pool.rings[i]);
	free(pool.head);
	memset(&pool, 0, sizeof pool);
}

TestSuite(reader, .init = setup, .fini = teardown);

static void put(uint32_t ring, uint64_t word)
{
	((uint64_t *)pool.rings[ring])[positions[ring]++ % (WIRE_RING_MIN / 8)] = word;
}

static void publish(uint32_t ring)
{
	if (ring >= pool.head->next_slot)
		pool.head->next_slot = ring + 1;
	pool.slots[ring].state = WIRE_SLOT_LIVE;
	pool.slots[ring].head = positions[ring] << 1;
}

static void stamp(uint32_t ring, uint64_t tick)
{
	if (tick == ticks[ring])
		return;
	put(ring, wire_other(WIRE_TIME, 2, 0));
	put(ring, ticks[ring] = tick);
}

static void put_alloc(uint32_t ring, uint64_t tick, uint64_t addr)
{
	stamp(ring, tick);
	put(ring, wire_word(WIRE_ALLOC, addr, 0));
	put(ring, 1ull << 32 | 10);
	publish(ring);
}

static void put_free(uint32_t ring, uint64_t tick, uint64_t addr)
{
	stamp(ring, tick);
	put(ring, wire_word(WIRE_FREE, addr, 0));
	publish(ring);
}

static struct image *image(void)
{
	return reader.processes.items[0]->image;
}

static uint64_t tick_of(uint64_t addr)
{
	struct live_block block;

	cr_assert(live_find(&image()->live, 0, addr, &block));
	return block.tick;
}

/* The present, and no other tick's. */
static uint64_t next_tick(void)
{
	static uint64_t last;
	uint64_t now;

	while ((now = pool_now()) == last)
		;
	return last = now;
}

/* A second of ticks, roughly, must not matter. */
Test(reader, a_stale_tick_becomes_the_time_of_the_last_look)
{
	uint64_t old = pool_now() - FAR, before, after;

	put_alloc(0, old, 0x10);
	before = pool_now();
	reader_round(&reader);
	after = pool_now();
	cr_assert_eq(tick_of(0x10), old, "nothing is known of what the first look finds");
	put_alloc(0, old, 0x20);
	put_alloc(0, old, 0x30);
	reader_round(&reader);
	cr_assert_geq(tick_of(0x20), before);
	cr_assert_leq(tick_of(0x20), after);
	cr_assert_eq(tick_of(0x30), tick_of(0x20));
	before = pool_now();
	put_alloc(0, before, 0x40);
	reader_round(&reader);
	cr_assert_eq(tick_of(0x40), before, "a tick that is not stale stays");
}

/* Words met behind an odd head belong to the last look at an even one. */
Test(reader, an_odd_head_raises_no_floor)
{
	uint64_t old = pool_now() - FAR, floor;

	put_alloc(0, old, 0x10);
	reader_round(&reader);
	put_alloc(0, old, 0x20);
	pool.slots[0].head |= 1;
	reader_round(&reader);
	floor = tick_of(0x20);
	pool.slots[0].head |= 1;
	reader_round(&reader);
	put_alloc(0, old, 0x30);
	reader_round(&reader);
	cr_assert_eq(tick_of(0x30), floor);
}

/* What waits for the horizon keeps the floor of its own round. */
Test(reader, floors_of_words_that_wait)
{
	uint64_t old = pool_now() - FAR, times[4];

	put_alloc(0, old, 0x10);
	put_alloc(1, old, 0x1000);
	pool.slots[1].head |= 1;
	for (int i = 0; i < 3; i++) {
		reader_round(&reader);
		times[i] = pool_now();
		put_alloc(0, old, 0x20 + (uint64_t)i * 16);
	}
	reader_round(&reader);
	cr_assert_eq(image()->ledger.allocated.count, 2, "the rest is later than what the odd ring has told");
	pool.slots[1].head = positions[1] << 1;
	reader_round(&reader);
	cr_assert_eq(image()->ledger.allocated.count, 5);
	cr_assert_lt(tick_of(0x20), times[0]);
	cr_assert_gt(tick_of(0x30), times[0]);
	cr_assert_lt(tick_of(0x30), times[1]);
	cr_assert_gt(tick_of(0x40), times[1]);
	cr_assert_lt(tick_of(0x40), times[2]);
}

/* One thread alone, stale; then another, whose first deed is to free what the first allocated. */
Test(reader, stale_events_stay_before_a_second_ring)
{
	uint64_t old = pool_now() - FAR;

	put_alloc(0, old, 0x10);
	reader_round(&reader);
	put_alloc(0, old, 0x20);
	put_free(1, pool_now(), 0x20);
	put_free(1, ticks[1], 0x10);
	put_alloc(0, pool_now(), 0x20);
	reader_round(&reader);
	cr_assert_eq(image()->unknown_frees, 0);
	cr_assert_eq(image()->ledger.allocated.count, 3);
	cr_assert_eq(image()->ledger.freed.count, 2);
	cr_assert_eq(tick_of(0x20), ticks[0]);
}

/* A clock that counts has no stale ticks, and numbers are no times. */
Test(reader, numbers_have_no_floor)
{
	pool.processes[0].clock = WIRE_CLOCK_SEQUENCE;
	pool.processes[0].sequence = 100;
	put_alloc(0, 1, 0x10);
	reader_round(&reader);
	put_alloc(0, 2, 0x20);
	reader_round(&reader);
	cr_assert_eq(tick_of(0x20), 2);
}

/* A thread that is met inside an odd head every time holds the others back to what it has told itself. */
Test(reader, a_ring_that_is_always_odd_does_not_stall_the_others)
{
	for (uint64_t i = 0; i < 1000; i++) {
		put_alloc(1, next_tick(), 0x200000 + i * 16);
		put_alloc(0, next_tick(), 0x100000 + i * 16);
		pool.slots[0].head |= 1;
		put_alloc(2, next_tick(), 0x300000 + i * 16);
		reader_round(&reader);
		cr_assert_eq(image()->ledger.allocated.count, i * 3 + 2);
	}
}

/* One that stands still there makes the others wait, until it is too much; its event then comes late. */
Test(reader, a_ring_that_stays_odd_is_passed_over)
{
	uint64_t told = 0, late;

	put_alloc(0, next_tick(), 0x10);
	put_alloc(1, next_tick(), 0x1000);
	reader_round(&reader);
	pool.slots[0].head |= 1;
	late = next_tick();
	for (uint64_t round = 0; round < 5000 && image()->ledger.allocated.count < 10; round++) {
		stamp(1, next_tick());
		for (int i = 0; i < 2000; i++, told++)
			put_alloc(1, ticks[1], 0x100000 + told * 16);
		reader_round(&reader);
		cr_assert_eq(pool.slots[1].tail, positions[1], "the ring is free again");
	}
	cr_assert_gt(image()->ledger.allocated.count, 1000000);
	cr_assert_eq(image()->ledger.allocated.count, 2 + told);
	put_free(1, next_tick(), 0x20);
	reader_round(&reader);
	put_alloc(0, late, 0x20);
	reader_round(&reader);
	cr_assert_eq(image()->ledger.allocated.count, 3 + told);
	cr_assert_eq(image()->ledger.freed.count, 1);
	cr_assert_eq(image()->unknown_frees, 0);
}

/* Many rings, each in order by itself: all are read, in the order of time. */
Test(reader, rings_are_merged_by_time)
{
	uint64_t start = pool_now() - FAR;

	srand(3);
	for (uint64_t i = 0; i < 3000; i++)
		if (i % 2)
			put_free((uint32_t)(rand() % RINGS), start + i, 0x10);
		else
			put_alloc((uint32_t)(rand() % RINGS), start + i, 0x10);
	reader_round(&reader);
	cr_assert_eq(image()->ledger.allocated.count, 1500);
	cr_assert_eq(image()->ledger.freed.count, 1500);
	cr_assert_eq(image()->unknown_frees, 0);
	ledger_settle(&image()->ledger);
	cr_assert_eq(image()->ledger.peak.size, 10);
}
