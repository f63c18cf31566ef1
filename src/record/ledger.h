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
#include "record/page.h"

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
	uint32_t *near;      /* at ledger_near(): an index + 1 that may be it; 0: none */
	uint32_t near_mask;
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
/* The peak is what is live now: tracemalloc's reset_peak. */
void ledger_reset_peak(struct ledger *ledger);
struct sums ledger_at_peak(const struct ledger *ledger, const struct ledger_trace *trace);
/* The rest of ledger_trace: a trace that is not near, or new. */
uint32_t ledger_trace_slow(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread);

/* Stacks are numbered densely. */
static inline uint32_t *ledger_near(const struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread)
{
	return &ledger->near[(stack + thread * 0x9e3779b1u + domain * 0x85ebca77u) & ledger->near_mask];
}

/* Index of the trace of STACK in DOMAIN by THREAD; a new one is made. */
static inline uint32_t ledger_trace(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread)
{
	uint32_t index = *ledger_near(ledger, stack, domain, thread) - 1;

	if (__builtin_expect(index != UINT32_MAX, 1)) {
		const struct ledger_trace *trace = &ledger->traces.items[index];

		if (__builtin_expect(trace->stack == stack && trace->domain == domain && trace->thread == thread, 1))
			return index;
	}
	return ledger_trace_slow(ledger, stack, domain, thread);
}

/* Brings nearer to the processor what ledger_trace and ledger_alloc will want. */
static inline void ledger_prefetch(const struct ledger *ledger, uint32_t stack, uint32_t thread)
{
	uint32_t index = *ledger_near(ledger, stack, 0, thread) - 1;

	if (index != UINT32_MAX)
		prefetch_line(&ledger->traces.items[index]);
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
