/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The accounts of one process: what each trace has allocated and freed, and the exact peak of the sum over all of
 * them with each trace's share of it, in constant time an event.
 *
 * The peak by epochs: an epoch ends when a free follows a new maximum; that instant is the peak so far. A trace saves
 * its live value at its first change in a new epoch, so the value at the peak is the saved one if the trace has
 * changed since, else its live value. Live is always allocated − freed.
 */
#ifndef RECORD_LEDGER_H
#define RECORD_LEDGER_H

#include <stdint.h>
#include "base/map.h"
#include "base/memory.h"

struct sums {
	uint64_t size, count;
};

struct ledger_trace {
	uint32_t stack;      /* the shim's node id */
	uint32_t domain;
	uint32_t thread;     /* index into the image's threads */
	uint32_t epoch;
	struct sums allocated, freed, saved;
};

struct ledger {
	ARRAY(struct ledger_trace) traces;
	struct map index;    /* (stack, domain, thread) → index */
	struct sums allocated, freed, peak;
	uint32_t epoch;
	uint32_t last_key[3], last; /* the trace looked up last; programs repeat themselves */
};

void ledger_init(struct ledger *ledger);
void ledger_release(struct ledger *ledger);
uint32_t ledger_trace(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread);
void ledger_alloc(struct ledger *ledger, uint32_t trace, uint64_t size);
/* COUNT 0: a part of a range goes, its block stays. */
void ledger_free(struct ledger *ledger, uint32_t trace, uint64_t size, uint64_t count);
/* Takes a ledger_free back. */
void ledger_unfree(struct ledger *ledger, uint32_t trace, uint64_t size, uint64_t count);
/* Forgets all: what tracemalloc's clear_traces does. */
void ledger_clear(struct ledger *ledger);
/* Ends the epoch if the present is the highest ever; call before reading peaks. */
void ledger_settle(struct ledger *ledger);
struct sums ledger_live(const struct ledger_trace *trace);
struct sums ledger_at_peak(const struct ledger *ledger, const struct ledger_trace *trace);

#endif
