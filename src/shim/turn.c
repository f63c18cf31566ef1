/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a record must have a tick of its own, and how it gets one that is exact across threads.
 *
 * A tick that surely is later than everything the thread has seen costs 25 ns, a multiple of the
 * rest. Most programs have one thread that allocates much, and others that do now and then. So the
 * rings take turns: wire_process.turn names the ring that has the turn, or WIRE_TURN_OF_ALL, and as
 * long as a ring has it, its records come without ticks. Another one that has something to record
 * finds that it has not, takes the turn by compare and swap, and then takes a tick.
 *
 * Why that is exact. A tick counts only if the turn was the ring's own (or everybody's) before and
 * after the clock was read. So all ticks of a turn lie within it, and turns follow each other. Let
 * an event of ring A lead to one of ring B, such as a free to the allocation that gets its address:
 * whoever looks for a free does it before the real one, for an allocation after it, so B looks
 * later than A did. Then B's turn is a later one, or everybody's and B's tick is taken after what
 * led to it. Records without a tick of their own have the last one of their turn. Either way A's
 * tick is the lesser.
 *
 * Rings that take the turn from each other all the time would only fight for it: then it is
 * everybody's, and every record takes its tick, until one ring has long been the only one. With
 * --transport pipe, and where numbers stand for time, it always is.
 */
#include <x86intrin.h>
#include "shim/ring.h"
#include "shim/shim.h"

enum {
	SHORT_WORDS = 64,  /* a turn of fewer words is short */
	SHORT_TURNS = 16,  /* so many in a row, and it becomes everybody's */
	LOOK_EVERY = 1024, /* ticks, between looks whether one ring is alone */
	ALONE = 64,	   /* looks in a row, and nobody has the turn */
};

static _Atomic uint64_t n_turns;
static _Atomic uint32_t last_looked; /* the ring, + 1 */

static uint64_t new_turn(void)
{
	return (atomic_fetch_add(&n_turns, 1) + 1) * WIRE_TURN_STEP;
}

static uint64_t read_clock(void)
{
	unsigned int cpu;

	if (unlikely(channel.clock == WIRE_CLOCK_SEQUENCE))
		return atomic_fetch_add(&channel.process->sequence, 1);
	/* Waits for all loads before it, as rdtsc does not. */
	return __rdtscp(&cpu) >> WIRE_TICK_SHIFT;
}

/* In everybody's turn. */
static void look_around(struct producer *producer)
{
	if (++producer->n_ticks % LOOK_EVERY || channel.piped ||
		channel.clock == WIRE_CLOCK_SEQUENCE)
		return;
	if (atomic_exchange(&last_looked, producer->number + 1) != producer->number + 1)
		producer->n_alone = 0;
	else if (++producer->n_alone >= ALONE)
		atomic_store(&channel.process->turn, new_turn());
}

/* TURN is what has been seen of another ring's; it may be over already. */
static void take_turn(struct producer *producer, uint64_t turn)
{
	bool is_short = producer->position - producer->turn_at < SHORT_WORDS;
	uint64_t mine = new_turn();

	producer->n_short = is_short ? producer->n_short + 1 : 0;
	if (producer->n_short >= SHORT_TURNS) {
		producer->n_short = 0;
		producer->n_alone = 0;
		mine = WIRE_TURN_OF_ALL;
	}
	if (!atomic_compare_exchange_strong(&channel.process->turn, &turn, mine))
		return;
	if (mine != WIRE_TURN_OF_ALL)
		producer->turn = mine;
	producer->turn_at = producer->position;
}

/* Found anew each time: a signal's handler may have forked meanwhile, and in the child it is another process's. */
static uint64_t look_at_turn(void)
{
	return atomic_load(&channel.process->turn);
}

uint64_t ring_tick(struct producer *producer)
{
	uint64_t turn, tick;

	do {
		turn = look_at_turn();
		while (turn != WIRE_TURN_OF_ALL && turn != producer->turn) {
			take_turn(producer, turn);
			turn = look_at_turn();
		}
		tick = read_clock();
	} while (look_at_turn() != turn);
	if (turn == WIRE_TURN_OF_ALL)
		look_around(producer);
	/* A thread that moves to another processor could see a younger clock. */
	return tick > producer->tick ? tick : producer->tick;
}
