/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts by trace and the exact peak; the idea stands in the header. Everything here is exact or it is wrong: there is
 * no sampling and no rounding.
 */
#include <string.h>
#include "record/ledger.h"

void ledger_init(struct ledger *ledger)
{
	memset(ledger, 0, sizeof *ledger);
	ledger->index.key_size = 3 * sizeof(uint32_t);
	ledger->epoch = 1;
	memset(ledger->last_key, 0xff, sizeof ledger->last_key); /* no thread has that index */
}

void ledger_release(struct ledger *ledger)
{
	ARRAY_FREE(&ledger->traces);
	map_free(&ledger->index);
}

uint32_t ledger_trace(struct ledger *ledger, uint32_t stack, uint32_t domain, uint32_t thread)
{
	uint32_t key[3] = { stack, domain, thread };
	uint64_t *found;
	bool added;

	if (memcmp(key, ledger->last_key, sizeof key) == 0)
		return ledger->last;
	found = map_add(&ledger->index, key, ledger->traces.count, &added);
	if (added) {
		struct ledger_trace *trace = ARRAY_PUSH(&ledger->traces);
		trace->stack = stack;
		trace->domain = domain;
		trace->thread = thread;
	}
	memcpy(ledger->last_key, key, sizeof key);
	return ledger->last = (uint32_t)*found;
}

struct sums ledger_live(const struct ledger_trace *trace)
{
	return (struct sums){ trace->allocated.size - trace->freed.size, trace->allocated.count - trace->freed.count };
}

static struct ledger_trace *touch(struct ledger *ledger, uint32_t index)
{
	struct ledger_trace *trace = &ledger->traces.items[index];

	if (trace->epoch != ledger->epoch) {
		trace->saved = ledger_live(trace);
		trace->epoch = ledger->epoch;
	}
	return trace;
}

void ledger_alloc(struct ledger *ledger, uint32_t index, uint64_t size)
{
	struct ledger_trace *trace = touch(ledger, index);

	trace->allocated.size += size;
	trace->allocated.count++;
	ledger->allocated.size += size;
	ledger->allocated.count++;
}

void ledger_settle(struct ledger *ledger)
{
	struct sums live = { ledger->allocated.size - ledger->freed.size,
		ledger->allocated.count - ledger->freed.count };

	if (live.size > ledger->peak.size) {
		ledger->peak = live;
		ledger->epoch++;
	}
}

void ledger_free(struct ledger *ledger, uint32_t index, uint64_t size, uint64_t count)
{
	struct ledger_trace *trace;

	ledger_settle(ledger);
	trace = touch(ledger, index);
	trace->freed.size += size;
	trace->freed.count += count;
	ledger->freed.size += size;
	ledger->freed.count += count;
}

void ledger_unfree(struct ledger *ledger, uint32_t index, uint64_t size, uint64_t count)
{
	struct ledger_trace *trace = touch(ledger, index);

	trace->freed.size -= size;
	trace->freed.count -= count;
	ledger->freed.size -= size;
	ledger->freed.count -= count;
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

struct sums ledger_at_peak(const struct ledger *ledger, const struct ledger_trace *trace)
{
	return trace->epoch == ledger->epoch ? trace->saved : ledger_live(trace);
}
