/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts by trace and the exact peak; the idea stands in the header. Everything here is exact or it is wrong: there is
 * no sampling and no rounding.
 */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "record/ledger.h"
#include "record/vast.h"

enum { FIRST_TRACES = 64, FIRST_NEAR = 1 << 12, LAST_NEAR = 1 << 18 };

static uint64_t trace_key(uint32_t stack, uint32_t domain, uint32_t thread)
{
	return (uint64_t)domain << 52 | (uint64_t)thread << 32 | stack;
}

/* It forgets: what is wanted comes back from the index. */
static void make_near(struct ledger *ledger, uint32_t places)
{
	free(ledger->near);
	ledger->near = xcalloc(places, sizeof *ledger->near);
	ledger->near_mask = places - 1;
}

void ledger_init(struct ledger *ledger)
{
	memset(ledger, 0, sizeof *ledger);
	ledger->others.key_size = 3 * sizeof(uint32_t);
	ledger->epoch = 1;
	make_near(ledger, FIRST_NEAR);
}

void ledger_release(struct ledger *ledger)
{
	vast_free(ledger->traces.items, ledger->traces.capacity * sizeof *ledger->traces.items);
	free(ledger->near);
	grid_clear(&ledger->index);
	map_free(&ledger->others);
	memset(&ledger->traces, 0, sizeof ledger->traces);
}

static uint32_t add_trace(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread)
{
	size_t capacity = ledger->traces.capacity, size = sizeof *ledger->traces.items;
	struct ledger_trace *trace;

	if (ledger->traces.count == capacity) {
		ledger->traces.capacity = capacity ? capacity * 2 : FIRST_TRACES;
		ledger->traces.items = vast_grow(ledger->traces.items, capacity * size, ledger->traces.capacity * size);
	}
	trace = &ledger->traces.items[ledger->traces.count];
	trace->stack = stack;
	trace->domain = domain;
	trace->thread = thread;
	return (uint32_t)ledger->traces.count++;
}

static uint32_t find_trace(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread)
{
	const uint32_t key[3] = { stack, domain, thread };
	struct grid_entry *entry;
	uint64_t *found;
	bool added;

	if (domain < LEDGER_DOMAINS && thread < LEDGER_THREADS) {
		entry = grid_find(&ledger->index, trace_key(stack, domain, thread));
		if (!entry)
			entry = grid_add(&ledger->index, trace_key(stack, domain, thread),
				add_trace(ledger, stack, domain, thread) + 1ull);
		return (uint32_t)entry->value - 1;
	}
	found = map_add(&ledger->others, key, ledger->traces.count, &added);
	return added ? add_trace(ledger, stack, domain, thread) : (uint32_t)*found;
}

uint32_t ledger_trace_slow(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread)
{
	uint32_t index = find_trace(ledger, stack, domain, thread);

	if (ledger->traces.count > ledger->near_mask / 2 && ledger->near_mask + 1 < LAST_NEAR)
		make_near(ledger, (ledger->near_mask + 1) * 4);
	*ledger_near(ledger, stack, domain, thread) = index + 1;
	return index;
}

void ledger_clear(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->traces.count; i++) {
		struct ledger_trace *trace = &ledger->traces.items[i];

		trace->allocated = trace->freed = trace->saved = (struct sums){ 0, 0 };
		trace->epoch = 0;
	}
	ledger->allocated = ledger->freed = ledger->peak = (struct sums){ 0, 0 };
	ledger->epoch = 1;
}

void ledger_reset_peak(struct ledger *ledger)
{
	ledger->peak.size = ledger->allocated.size - ledger->freed.size;
	ledger->peak.count = ledger->allocated.count - ledger->freed.count;
	ledger->epoch++;
}

struct sums ledger_at_peak(const struct ledger *ledger, const struct ledger_trace *trace)
{
	return trace->epoch == ledger->epoch ? trace->saved : ledger_live(trace);
}
