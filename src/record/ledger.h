/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The accounts of one process: what each trace has allocated and freed, and the exact peak of the sum over all of
 * them with each trace's share of it, in constant time an event.
 *
 * The peak by epochs: an epoch ends when a free follows a new maximum; that instant is the peak so far. A trace saves
 * its live value at its first change in a new epoch, so the value at the peak is the saved one if the trace has
 * changed since, else its live value. Live is always allocated − freed.
 *
 * What became of blocks is counted beside that. How large they were is in the key: the blocks of one stack that are of
 * different classes (size_class_of) have accounts of their own, which are one trace again in a snapshot. So an event costs
 * nothing for it but to know its class.
 *
 * A trace is two lines of the processor's cache, of which an allocation needs the first. Here stand the parts that every
 * event runs through.
 */
#ifndef RECORD_LEDGER_H
#define RECORD_LEDGER_H

#include <stddef.h>
#include <stdint.h>
#include "base/map.h"
#include "base/memory.h"
#include "model/snapshot.h"
#include "record/grid.h"
#include "record/page.h"

struct sums {
	uint64_t size, count;
};

struct ledger_trace {
	uint32_t stack;      /* the shim's node id */
	uint32_t domain;
	uint32_t thread;     /* index into the image's threads */
	uint32_t class;      /* of its blocks' sizes */
	uint32_t epoch;
	uint64_t low, span;  /* sizes of its blocks: from low to low + span; without blocks LEDGER_NO_SIZE, 0 */
	struct sums allocated;
	uint64_t timed;      /* of so many blocks that have gone it is known how long they lived */
	struct sums freed;   /* the second line begins */
	struct sums saved;
	struct sums temporary; /* freed before their thread's next allocation */
	unsigned __int128 lifetime_ns; /* of the timed ones together */
} __attribute__((aligned(128)));
_Static_assert(sizeof(struct ledger_trace) == 128 && offsetof(struct ledger_trace, freed) == 64, "two lines");
#define LEDGER_NO_SIZE UINT64_MAX /* no size is near it */

/* Blocks of a trace that realloc made. */
struct ledger_resize {
	uint64_t grown;      /* of smaller ones */
	struct sums moved;   /* at another address, and the bytes that it had to take there */
};

struct ledger_key {
	uint32_t stack, domain, thread, class;
};

/* Variances of what a trace's sums are estimates of, see estimate.h. Allocated and freed may wrap, their difference does not. */
struct ledger_spread {
	unsigned __int128 size, count;
};
struct ledger_error {
	struct ledger_spread allocated, freed, saved;
};

struct ledger {
	struct {
		struct ledger_trace *items;  /* of vast.h */
		size_t count, capacity;
	} traces;
	uint32_t *near;      /* at ledger_near(): an index + 1 that may be it; 0: none */
	uint32_t near_mask;
	struct grid index;   /* ledger_key() → index + 1 */
	struct map others;   /* (stack, domain, thread, class) → index, where those do not fit a key */
	ARRAY(struct ledger_resize) resizes; /* by index, as far as there were some */
	struct sums allocated, freed, peak;
	uint32_t epoch;
	uint64_t high;       /* the highest live size since timeline.h took it last, not above the peak */
	uint64_t high_before; /* the same before the peak was reset */
	uint64_t tick_ns;    /* ns of a tick of an event, × 2^32; 0: ticks are no times */
	struct sums lifetimes[LIFETIME_CLASSES]; /* of all timed blocks */
	struct ledger_error *errors; /* by trace; NULL: nothing was estimated */
	size_t n_errors;
	struct ledger_spread total;  /* of all that was ever allocated */
};

enum { LEDGER_THREADS = 1 << 19, LEDGER_DOMAINS = 1 << 7, LEDGER_CLASSES = 1 << 6 };

void ledger_init(struct ledger *ledger);
void ledger_release(struct ledger *ledger);
/* Forgets all: what tracemalloc's clear_traces does. */
void ledger_clear(struct ledger *ledger);
/* The peak is what is live now: tracemalloc's reset_peak. */
void ledger_reset_peak(struct ledger *ledger);
struct sums ledger_at_peak(const struct ledger *ledger, const struct ledger_trace *trace);
/* A block of OLD_SIZE has become one of SIZE and of trace INDEX; MOVED: at another address. */
void ledger_resized(struct ledger *ledger, uint32_t index, uint64_t old_size, uint64_t size, bool moved);
/* The rest of ledger_trace: a trace that is not near, or new. */
uint32_t ledger_trace_slow(struct ledger *ledger, const struct ledger_key *key);

/* Stacks are numbered densely. */
static inline uint32_t *ledger_near(const struct ledger *ledger, const struct ledger_key *key)
{
	return &ledger->near[(key->stack + key->thread * 0x9e3779b1u + key->domain * 0x85ebca77u + key->class * 0xc2b2ae3du) &
		ledger->near_mask];
}

/* Index of the trace of blocks of SIZE that STACK in DOMAIN by THREAD makes; a new one is made. */
static inline uint32_t ledger_trace(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread, uint64_t size)
{
	const struct ledger_key key = { stack, domain, thread, size_class_of(size) };
	uint32_t index = *ledger_near(ledger, &key) - 1;

	if (__builtin_expect(index != UINT32_MAX, 1)) {
		const struct ledger_trace *trace = &ledger->traces.items[index];

		if (__builtin_expect(trace->stack == stack && trace->domain == domain && trace->thread == thread &&
				trace->class == key.class, 1))
			return index;
	}
	return ledger_trace_slow(ledger, &key);
}

/* Brings nearer to the processor what ledger_trace and ledger_alloc will want. */
static inline void ledger_prefetch(const struct ledger *ledger, uint32_t stack, uint32_t thread, uint64_t size)
{
	const struct ledger_key key = { stack, 0, thread, size_class_of(size) };
	uint32_t index = *ledger_near(ledger, &key) - 1;

	if (index != UINT32_MAX)
		prefetch_line(&ledger->traces.items[index]);
}

/* And ledger_free. */
static inline void ledger_prefetch_all(const struct ledger *ledger, uint32_t index)
{
	prefetch_line(&ledger->traces.items[index]);
	prefetch_line(&ledger->traces.items[index].freed);
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

/* SIZE is not between its bounds. */
static inline void ledger_widen(struct ledger_trace *trace, uint64_t size)
{
	uint64_t high = trace->low == LEDGER_NO_SIZE ? size : trace->low + trace->span;

	trace->low = size < trace->low ? size : trace->low;
	trace->span = (size > high ? size : high) - trace->low;
}

static inline void ledger_alloc(struct ledger *ledger, uint32_t index, uint64_t size)
{
	struct ledger_trace *trace = ledger_touch(ledger, index);

	if (__builtin_expect(size - trace->low > trace->span, 0))
		ledger_widen(trace, size);
	trace->allocated.size += size;
	trace->allocated.count++;
	ledger->allocated.size += size;
	ledger->allocated.count++;
}

/* Ends the epoch if the present is the highest ever; call before reading peaks. */
static inline void ledger_settle(struct ledger *ledger)
{
	uint64_t size = ledger->allocated.size - ledger->freed.size;

	if (__builtin_expect(size > ledger->high, 0)) {
		ledger->high = size;
		if (size > ledger->peak.size) {
			ledger->peak = (struct sums){ size, ledger->allocated.count - ledger->freed.count };
			ledger->epoch++;
		}
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

#define LEDGER_TICKS_MAX (1ull << 57) /* an event's tick is the program's word; of a tick of up to 32 ns this is below 2^62 ns */

/* TRACE's block of SIZE, which goes now, has lived for so many TICKS, if they are times; returns that in ns. */
static inline uint64_t ledger_lived(struct ledger *ledger, struct ledger_trace *trace, uint64_t size, uint64_t ticks)
{
	uint64_t some = ticks < LEDGER_TICKS_MAX ? ticks : LEDGER_TICKS_MAX;
	uint64_t ns = (uint64_t)((unsigned __int128)some * ledger->tick_ns >> 32);
	struct sums *class = &ledger->lifetimes[lifetime_class_of(ns)];

	class->size += size;
	class->count++;
	trace->lifetime_ns += ns;
	trace->timed++;
	return ns;
}

/* Takes it back. */
static inline void ledger_unlived(struct ledger *ledger, uint32_t index, uint64_t size, uint64_t ns)
{
	struct ledger_trace *trace = &ledger->traces.items[index];
	struct sums *class = &ledger->lifetimes[lifetime_class_of(ns)];

	class->size -= size;
	class->count--;
	trace->lifetime_ns -= ns;
	trace->timed--;
}

/* The same for what stands for others, as an estimate: see estimate.h. */
struct estimate;
void ledger_alloc_estimate(struct ledger *ledger, uint32_t index, const struct estimate *estimate);
void ledger_free_estimate(struct ledger *ledger, uint32_t index, const struct estimate *estimate);
void ledger_unfree_estimate(struct ledger *ledger, uint32_t index, const struct estimate *estimate);
/* Variances of what is live of the trace INDEX, and was at the peak. */
struct ledger_spread ledger_live_spread(const struct ledger *ledger, size_t index);
struct ledger_spread ledger_peak_spread(const struct ledger *ledger, size_t index);

#endif
