/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The accounts of one process: what each trace has allocated and freed, and the exact peak of the sum over all of
 * them with each trace's share of it, in constant time an event.
 *
 * The peak by epochs: an epoch ends when a free follows a new maximum; that instant is the peak so far. A trace saves
 * its live value at its first change in a new epoch, so the value at the peak is the saved one if the trace has
 * changed since, else its live value. Live is always allocated − freed.
 *
 * A trace is one line of the processor's cache. Here stand the parts that every event runs through.
 */
#ifndef RECORD_LEDGER_H
#define RECORD_LEDGER_H

#include <stdint.h>
#include "base/map.h"
#include "record/grid.h"

struct sums {
	uint64_t size, count;
};

struct ledger_trace {
	uint32_t stack;      /* the shim's node id */
	uint32_t domain;
	uint32_t thread;     /* index into the image's threads */
	uint32_t epoch;
	struct sums allocated, freed, saved;
} __attribute__((aligned(64)));

struct ledger {
	struct {
		struct ledger_trace *items;  /* of vast.h */
		size_t count, capacity;
	} traces;
	struct grid index;   /* ledger_key() → index + 1 */
	struct map others;   /* (stack, domain, thread) → index, where those do not fit a key */
	struct sums allocated, freed, peak;
	uint32_t epoch;
};

enum { LEDGER_THREADS = 1 << 20, LEDGER_DOMAINS = 1 << 12 };

void ledger_init(struct ledger *ledger);
void ledger_release(struct ledger *ledger);
/* Forgets all: what tracemalloc's clear_traces does. */
void ledger_clear(struct ledger *ledger);
struct sums ledger_at_peak(const struct ledger *ledger, const struct ledger_trace *trace);
/* The rest of ledger_trace: a trace that is new, or does not fit a key. */
uint32_t ledger_trace_slow(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread);

static inline uint64_t ledger_key(uint32_t stack, uint32_t domain, uint32_t thread)
{
	return (uint64_t)domain << 52 | (uint64_t)thread << 32 | stack;
}

/* Index of the trace of STACK in DOMAIN by THREAD; a new one is made. */
static inline uint32_t ledger_trace(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread)
{
	const struct grid_entry *entry = NULL;

	if (__builtin_expect(domain < LEDGER_DOMAINS && thread < LEDGER_THREADS, 1))
		entry = grid_find(&ledger->index, ledger_key(stack, domain, thread));
	return __builtin_expect(entry != NULL, 1) ? (uint32_t)entry->value - 1 :
						    ledger_trace_slow(ledger, stack, domain, thread);
}

/* Brings nearer to the processor what the other one, and that what ledger_trace and ledger_alloc will want. */
static inline void ledger_prefetch_place(
	const struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread)
{
	grid_prefetch(&ledger->index, ledger_key(stack, domain, thread));
}
static inline void ledger_prefetch(const struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread)
{
	const struct grid_entry *entry = grid_find(&ledger->index, ledger_key(stack, domain, thread));

	if (entry)
		__builtin_prefetch(&ledger->traces.items[entry->value - 1], 1);
}

static inline struct sums ledger_live(const struct ledger_trace *trace)
{
	return (struct sums){ trace->allocated.size - trace->freed.size, trace->allocated.count - trace->freed.count };
}

static inline struct ledger_trace *ledger_touch(struct ledger *ledger, uint32_t index)
{
	struct ledger_trace *trace = &ledger->traces.items[index];

	if (trace->epoch != ledger->epoch) {
		trace->saved = ledger_live(trace);
		trace->epoch = ledger->epoch;
	}
	return trace;
}

static inline void ledger_alloc(struct ledger *ledger, uint32_t index, uint64_t size)
{
	struct ledger_trace *trace = ledger_touch(ledger, index);

	trace->allocated.size += size;
	trace->allocated.count++;
	ledger->allocated.size += size;
	ledger->allocated.count++;
}

/* Ends the epoch if the present is the highest ever; call before reading peaks. */
static inline void ledger_settle(struct ledger *ledger)
{
	uint64_t size = ledger->allocated.size - ledger->freed.size;

	if (__builtin_expect(size > ledger->peak.size, 0)) {
		ledger->peak = (struct sums){ size, ledger->allocated.count - ledger->freed.count };
		ledger->epoch++;
	}
}

/* COUNT 0: a part of a range goes, its block stays. */
static inline void ledger_free(struct ledger *ledger, uint32_t index, uint64_t size, uint64_t count)
{
	struct ledger_trace *trace;

	ledger_settle(ledger);
	trace = ledger_touch(ledger, index);
	trace->freed.size += size;
	trace->freed.count += count;
	ledger->freed.size += size;
	ledger->freed.count += count;
}

/* Takes a ledger_free back. */
static inline void ledger_unfree(struct ledger *ledger, uint32_t index, uint64_t size, uint64_t count)
{
	struct ledger_trace *trace = ledger_touch(ledger, index);

	trace->freed.size -= size;
	trace->freed.count -= count;
	ledger->freed.size -= size;
	ledger->freed.count -= count;
}

#endif
