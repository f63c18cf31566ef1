/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing records: reserve, open, stamp, put, publish.
 *
 *	if (!ring_reserve(p, n))        room for n words, waiting for the collector; false: in vain
 *		return;
 *	ring_open(p);                   the head becomes odd: a tick is about to be taken
 *	tick = ring_tick(p);
 *	ring_put(p, word); …            at most n
 *	ring_publish(p);                the head becomes even: readers may go up to here
 *
 * Records without a tick leave out open and tick. The reader takes `tail` forward. With --transport
 * pipe the same calls fill a buffer, and reserve sends it away when it is full.
 */
#ifndef SHIM_RING_H
#define SHIM_RING_H

#include <x86intrin.h>
#include "shim/channel.h"
#include "shim/thread.h"

/* Claims a slot and its ring for PRODUCER, or only a number with --transport pipe. */
bool ring_claim(struct producer *producer);
/* In a forked child: no store of this process reaches the ring any more, though interrupted code
 * may yet try. */
void ring_abandon(struct producer *producer);

bool ring_make_room(struct producer *producer, unsigned int words);
static inline bool ring_reserve(struct producer *producer, unsigned int words)
{
	return __builtin_expect(producer->position + words <= producer->limit, 1) ||
	       ring_make_room(producer, words);
}

/* With --transport pipe: sends what is buffered; else nothing. */
void ring_flush(struct producer *producer);
/* With --transport pipe: keeps the end of the program, which sends what all threads have left,
 * out of the buffer. */
bool ring_try_take(struct producer *producer);
void ring_take(struct producer *producer);
void ring_give(struct producer *producer);

/* False while one ring is all that the process has: its order is the order, and a tick now and then
 * will do. Whoever makes it true does so before a second ring's first record. */
extern bool ring_exact;

static inline void ring_open(struct producer *producer)
{
	atomic_store_explicit(producer->head, producer->position << 1 | 1, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
}

static inline uint64_t ring_tick(struct producer *producer)
{
	unsigned int cpu;
	uint64_t tick;

	if (__builtin_expect(channel.clock == WIRE_CLOCK_SEQUENCE, 0))
		tick = atomic_fetch_add_explicit(
			&channel.process->sequence, 1, memory_order_relaxed);
	else if (ring_exact)
		tick = __rdtscp(&cpu) >> WIRE_TICK_SHIFT;
	else
		tick = __rdtsc() >> WIRE_TICK_SHIFT;
	/* A thread that moves to another processor could see a younger clock. */
	return tick > producer->tick ? tick : producer->tick;
}

static inline void ring_put(struct producer *producer, uint64_t word)
{
	producer->words[producer->position++ & producer->mask] = word;
}

static inline void ring_put2(struct producer *producer, uint64_t first, uint64_t second)
{
	const uint64_t at = producer->position, mask = producer->mask;
	uint64_t *words = producer->words;

	words[at & mask] = first;
	words[(at + 1) & mask] = second;
	producer->position = at + 2;
}

static inline void ring_publish(struct producer *producer)
{
	atomic_store_explicit(producer->head, producer->position << 1, memory_order_release);
}

#endif
