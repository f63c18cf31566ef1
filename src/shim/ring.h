/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing records: reserve, take the time, put, publish.
 *
 *	if (!ring_room(p, n))           room for n words, waiting for the collector; false: in vain
 *		return;
 *	tick = ring_tick(p);            where the record has one
 *	ring_put(p, word); …            at most n
 *	ring_publish(p);                readers may go up to here
 *
 * The reader takes `tail` forward. With --transport pipe the same calls fill a buffer, and reserve
 *sends it away when it is full.
 */
#ifndef SHIM_RING_H
#define SHIM_RING_H

#include <x86intrin.h>
#include "shim/channel.h"
#include "shim/shim.h"
#include "shim/thread.h"

/* Claims a slot and its ring for PRODUCER, or only a number with --transport pipe. */
bool ring_claim(struct producer *producer);
/* In a forked child, for a producer that a signal's handler has interrupted: the code there goes on
 * to the end, with nobody to hear it, until the producer is dropped. */
void ring_abandon(struct producer *producer);
/* Gives the ring up, which was the parent's or is nobody's: another is to be claimed. */
void ring_drop(struct producer *producer);

bool ring_make_room(struct producer *producer, unsigned int words);
static inline bool ring_reserve(struct producer *producer, unsigned int words)
{
	return __builtin_expect(producer->position + words <= producer->limit, 1) ||
	       ring_make_room(producer, words);
}

/* The same, for what comes after something that may have been interrupted: a handler may have
 * forked, and this be the child, whose ring is the parent's until it has begun. */
static inline bool ring_room(struct producer *producer, unsigned int words)
{
	return ring_reserve(producer, words) && life_is_marked();
}

/* With --transport pipe: sends what is buffered; else nothing. */
void ring_flush(struct producer *producer);
/* With --transport pipe: sends what any thread has buffered, but for buffers that are just being
 * filled. EVEN_EMPTY: says that all up to now has been sent, even where there is nothing. */
void ring_flush_all(bool even_empty);
/* With --transport pipe: keeps the end of the program, which sends what all threads have left,
 * out of the buffer. */
bool ring_try_take(struct producer *producer);
void ring_take(struct producer *producer);
void ring_give(struct producer *producer);

/* While it has the turn, a ring's records do without ticks: see turn.c. */
static inline bool ring_has_turn(const struct producer *producer)
{
	return atomic_load_explicit(&channel.process->turn, memory_order_relaxed) == producer->turn;
}

/* The time of an event that the real function has done (an allocation), or has not begun yet: after
 * all events that it can have come from. */
uint64_t ring_tick(struct producer *producer);

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
	atomic_store_explicit(producer->head, producer->position, memory_order_release);
}

/* With --transport pipe: what is buffered has been sent. */
static inline void ring_empty(struct producer *producer)
{
	producer->position = 0;
	ring_publish(producer);
}

#endif
