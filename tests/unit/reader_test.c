/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds over rings that are ordinary memory: what is handed on, what waits, and in which order. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/inbox.h"
#include "record/merge.h"

enum { RINGS = 3 };

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
	if (pool.slots[ring].state != WIRE_SLOT_LIVE)
		pool.head->slots_live++;
	pool.slots[ring].state = WIRE_SLOT_LIVE;
	pool.slots[ring].head = positions[ring];
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

static uint64_t allocated(void)
{
	return image()->ledger.allocated.count;
}

Test(reader, one_ring_waits_for_nothing)
{
	put_alloc(0, 5, 0x10);
	reader_round(&reader);
	cr_assert_eq(allocated(), 1);
	put_alloc(0, 5, 0x20);
	put_free(0, 5, 0x10);
	reader_round(&reader);
	cr_assert_eq(allocated(), 2);
	cr_assert_eq(image()->ledger.freed.count, 1);
	cr_assert_eq(pool.slots[0].tail, positions[0]);
}

/* What one look found is handed on after the next one, and the ring is free at once. */
Test(reader, several_rings_wait_for_the_next_look)
{
	put_alloc(0, 5, 0x10);
	put_alloc(1, 6, 0x1000);
	reader_round(&reader);
	cr_assert_eq(allocated(), 0);
	cr_assert_eq(pool.slots[0].tail, positions[0]);
	cr_assert_eq(pool.slots[1].tail, positions[1]);
	put_alloc(0, 7, 0x20);
	reader_round(&reader);
	cr_assert_eq(allocated(), 2, "and not the third");
	reader_round(&reader);
	cr_assert_eq(allocated(), 3);
}

/* The look found the effect in one ring before the cause was published in another that it had passed already. */
Test(reader, a_cause_that_the_look_missed_comes_first)
{
	put_alloc(0, 1, 0x10);
	put_alloc(1, 2, 0x1000);
	reader_round(&reader);
	reader_round(&reader);
	put_free(1, 20, 0x20);
	reader_round(&reader);
	put_alloc(0, 10, 0x20);
	put_alloc(1, 30, 0x30);
	reader_round(&reader);
	cr_assert_eq(image()->unknown_frees, 0);
	cr_assert_eq(image()->ledger.freed.count, 0, "the free waits for the allocation");
	reader_round(&reader);
	cr_assert_eq(image()->unknown_frees, 0);
	cr_assert_eq(image()->ledger.freed.count, 1);
	cr_assert_eq(allocated(), 4);
}

/* The same where the cause is in a ring that comes up while what was the only one is looked at. */
Test(reader, a_cause_in_a_new_ring_comes_first)
{
	put_alloc(0, 1, 0x10);
	reader_round(&reader);
	put_free(0, 20, 0x20);
	merge_look(&reader, reader.rings[0]);
	put_alloc(1, 10, 0x20);
	reader.calm = pool.head->slots_live == reader.slots_live;
	merge_process(&reader, reader.processes.items[0]);
	cr_assert_eq(image()->unknown_frees, 0, "it waits");
	reader_round(&reader);
	reader_round(&reader);
	cr_assert_eq(image()->unknown_frees, 0);
	cr_assert_eq(image()->ledger.freed.count, 1);
}

/* A ring that has nothing more to say, or that stands still in the middle of a record, holds back nobody. */
Test(reader, an_idle_ring_stalls_nobody)
{
	put_alloc(1, 1, 0x1000);
	for (uint64_t i = 0; i < 1000; i++) {
		put_alloc(0, 10 + i, 0x100000 + i * 16);
		reader_round(&reader);
		cr_assert_geq(allocated() + 1, i + 1);
	}
}

/* Ticks that stand still, since the ring has the turn, do not keep younger ones of others waiting for good. */
Test(reader, a_ring_with_the_turn_stalls_nobody)
{
	for (uint64_t i = 0; i < 100; i++) {
		put_alloc(1, 1000 + i, 0x200000 + i * 16);
		put_alloc(0, 50, 0x100000 + i * 16);
		reader_round(&reader);
	}
	reader_round(&reader);
	reader_round(&reader);
	cr_assert_eq(allocated(), 200);
}

Test(reader, ends_turns_now_and_then)
{
	pool.processes[0].turn = 6 * WIRE_TURN_STEP;
	put_alloc(0, 1, 0x10);
	reader_round(&reader);
	cr_assert_neq(pool.processes[0].turn % WIRE_TURN_STEP, 0, "it is nobody's");
	pool.processes[0].turn = 7 * WIRE_TURN_STEP;
	reader_round(&reader);
	cr_assert_eq(pool.processes[0].turn, 7 * WIRE_TURN_STEP, "there was no record");
	pool.processes[0].turn = WIRE_TURN_OF_ALL;
	reader.processes.items[0]->nudged_ns = 0;
	put_alloc(0, 1, 0x20);
	reader_round(&reader);
	cr_assert_eq(pool.processes[0].turn, WIRE_TURN_OF_ALL);
}

/* Many rings, each in order by itself: all are read, in the order of time. */
Test(reader, rings_are_merged_by_time)
{
	const uint64_t start = 1000;

	srand(3);
	for (uint64_t i = 0; i < 3000; i++)
		if (i % 2)
			put_free((uint32_t)(rand() % RINGS), start + i, 0x10);
		else
			put_alloc((uint32_t)(rand() % RINGS), start + i, 0x10);
	reader_round(&reader);
	reader_round(&reader);
	cr_assert_eq(image()->ledger.allocated.count, 1500);
	cr_assert_eq(image()->ledger.freed.count, 1500);
	cr_assert_eq(image()->unknown_frees, 0);
	ledger_settle(&image()->ledger);
	cr_assert_eq(image()->ledger.peak.size, 10);
}

/* Questions, put by hand into a ring. */
static void ask(uint32_t ring, enum wire_question question, uint64_t number, uint64_t first, uint64_t second)
{
	put(ring, wire_other(WIRE_ASK, 5, question));
	put(ring, ticks[ring]);
	put(ring, number);
	put(ring, first);
	put(ring, second);
	publish(ring);
	reader_round(&reader);
	reader_round(&reader);
}

Test(reader, answers_what_was_live_when_it_was_asked)
{
	const struct wire_slot *slot = &pool.slots[0];

	put(0, wire_word(WIRE_ALLOC, 0x1000, 1));
	put(0, 0ull << 32 | 70);
	put(0, wire_word(WIRE_ALLOC, 0x2000, 1));
	put(0, 0ull << 32 | 30);
	put(0, wire_word(WIRE_FREE, 0x1000, 1));
	ask(0, WIRE_ASK_TRACED, 7, 0, 0);
	cr_assert_eq(slot->answered, 7);
	cr_assert_eq(slot->answer.status, 0);
	cr_assert_eq(slot->answer.values[0], 30);
	cr_assert_eq(slot->answer.values[1], 100);
}

Test(reader, answers_with_a_stack_in_portions)
{
	const struct wire_slot *slot = &pool.slots[0];

	for (uint64_t id = 1; id <= 25; id++) {
		put(0, wire_other(WIRE_NODE, 3, 0));
		put(0, id << 32 | (id - 1));
		put(0, 0x400000 + id);
	}
	put(0, wire_word(WIRE_ALLOC, 0x1000, 1));
	put(0, 25ull << 32 | 70);
	ask(0, WIRE_ASK_BLOCK, 1, 0x1000, 0);
	cr_assert_eq(slot->answered, 1);
	cr_assert_eq(slot->answer.count, WIRE_ANSWER_VALUES);
	cr_assert_eq(slot->answer.values[0], 25);
	cr_assert_eq(slot->answer.values[1], 25);
	cr_assert_eq(slot->answer.values[2], 0x400000 + 25);
	ask(0, WIRE_ASK_STACK, 2, 25, 20);
	cr_assert_eq(slot->answered, 2);
	cr_assert_eq(slot->answer.count, 2 + 5);
	cr_assert_eq(slot->answer.values[2], 0x400000 + 5);
	cr_assert_eq(slot->answer.values[6], 0x400000 + 1);
	ask(0, WIRE_ASK_BLOCK, 3, 0x1008, 0);
	cr_assert_eq(slot->answer.status, -ENOENT);
	ask(0, WIRE_ASK_STACK, 4, 1ull << 31, 0);
	cr_assert_eq(slot->answered, 4);
	cr_assert_eq(slot->answer.values[1], 0);
}

Test(reader, answers_nonsense_with_an_error)
{
	const struct wire_slot *slot = &pool.slots[0];

	ask(0, (enum wire_question)99, 5, 0, 0);
	cr_assert_eq(slot->answered, 5);
	cr_assert_eq(slot->answer.status, -EINVAL);
	ask(0, WIRE_ASK_SNAPSHOT, 6, 0, 0);
	cr_assert_eq(slot->answered, 6);
	cr_assert_eq(slot->answer.status, -EINVAL);
}

static void put_message(uint32_t ring, enum wire_message_kind kind, const void *body, size_t size)
{
	struct wire_message head = { WIRE_MESSAGE_MAGIC, (uint16_t)(sizeof head + size), (uint8_t)kind, 0, 0, 1, 0 };
	uint64_t words[32] = { 0 };
	size_t n = (sizeof head + size + 7) / 8;

	memcpy(words, &head, sizeof head);
	memcpy((uint8_t *)words + sizeof head, body, size);
	put(ring, wire_other(WIRE_MESSAGE, (unsigned int)(n + 1), sizeof head + size));
	for (size_t i = 0; i < n; i++)
		put(ring, words[i]);
}

static void put_module(uint32_t ring, uint32_t id, char name)
{
	struct { struct wire_module module; char path[8]; } body = {
		{ .id = id, .path_size = 2, .start = 0x1000, .end = 0x2000 }, { '/', name },
	};

	put_message(ring, WIRE_MSG_MODULE, &body, sizeof body.module + 2);
}

/* One thread replaces a module by another at its place, then a second one tells of a stack there: the node is of the module
 * that stands there at the time of its event, however far each ring has been read. */
Test(reader, a_node_is_of_the_module_of_its_time)
{
	const struct wire_unload unload = { .id = 1 };

	put_module(0, 1, 'a');
	put_alloc(0, 10, 0x10);
	put_message(0, WIRE_MSG_UNLOAD, &unload, sizeof unload);
	put_module(0, 2, 'b');
	put_alloc(0, 30, 0x20);
	put_alloc(1, 5, 0x1000);
	put(1, wire_other(WIRE_NODE, 3, 0));
	put(1, 1ull << 32);
	put(1, 0x1500);
	put_alloc(1, 40, 0x2000);
	reader_round(&reader);
	reader_round(&reader);
	cr_assert_eq(allocated(), 4);
	cr_assert_eq(image()->modules.count, 2);
	cr_assert_eq(image()->nodes.items[1].module, 1);
}
