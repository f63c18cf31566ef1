/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts by trace and the exact peak; the idea stands in the header. Everything here is exact or it is wrong: there is
 * no rounding. Where only some blocks were told, what is added up exactly is what they stand for.
 */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "record/estimate.h"
#include "record/ledger.h"
#include "record/vast.h"

enum { FIRST_TRACES = 64, FIRST_NEAR = 1 << 12, LAST_NEAR = 1 << 18 };

static bool fits(const struct ledger_key *key)
{
	return key->domain < LEDGER_DOMAINS && key->thread < LEDGER_THREADS && key->class < LEDGER_CLASSES;
}

static uint64_t packed(const struct ledger_key *key)
{
	return ((uint64_t)key->class << 26 | (uint64_t)key->domain << 19 | key->thread) << 32 | key->stack;
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
	ledger->others.key_size = sizeof(struct ledger_key);
	ledger->epoch = 1;
	make_near(ledger, FIRST_NEAR);
}

void ledger_release(struct ledger *ledger)
{
	vast_free(ledger->traces.items, ledger->traces.capacity * sizeof *ledger->traces.items);
	free(ledger->near);
	grid_clear(&ledger->index);
	map_free(&ledger->others);
	ARRAY_FREE(&ledger->resizes);
	free(ledger->errors);
	ledger->errors = NULL;
	ledger->n_errors = 0;
	memset(&ledger->traces, 0, sizeof ledger->traces);
}

static uint32_t add_trace(struct ledger *ledger, const struct ledger_key *key)
{
	size_t capacity = ledger->traces.capacity, size = sizeof *ledger->traces.items;
	struct ledger_trace *trace;

	if (ledger->traces.count == capacity) {
		ledger->traces.capacity = capacity ? capacity * 2 : FIRST_TRACES;
		ledger->traces.items = vast_grow(ledger->traces.items, capacity * size, ledger->traces.capacity * size);
	}
	trace = &ledger->traces.items[ledger->traces.count];
	trace->stack = key->stack;
	trace->domain = key->domain;
	trace->thread = key->thread;
	trace->class = key->class;
	trace->low = LEDGER_NO_SIZE;
	return (uint32_t)ledger->traces.count++;
}

static uint32_t find_trace(struct ledger *ledger, const struct ledger_key *key)
{
	struct grid_entry *entry;
	uint64_t *found;
	bool added;

	if (fits(key)) {
		entry = grid_find(&ledger->index, packed(key));
		if (!entry)
			entry = grid_add(&ledger->index, packed(key), add_trace(ledger, key) + 1ull);
		return (uint32_t)entry->value - 1;
	}
	found = map_add(&ledger->others, key, ledger->traces.count, &added);
	return added ? add_trace(ledger, key) : (uint32_t)*found;
}

uint32_t ledger_trace_slow(struct ledger *ledger, const struct ledger_key *key)
{
	uint32_t index = find_trace(ledger, key);

	if (ledger->traces.count > ledger->near_mask / 2 && ledger->near_mask + 1 < LAST_NEAR)
		make_near(ledger, (ledger->near_mask + 1) * 4);
	*ledger_near(ledger, key) = index + 1;
	return index;
}

void ledger_resized(struct ledger *ledger, uint32_t index, uint64_t old_size, uint64_t size, bool moved)
{
	struct ledger_resize *resize;

	while (ledger->resizes.count <= index)
		ARRAY_PUSH(&ledger->resizes);
	resize = &ledger->resizes.items[index];
	resize->grown += size > old_size;
	resize->moved.size += moved ? old_size < size ? old_size : size : 0;
	resize->moved.count += moved;
}

/* The peak falls to what is live now, and nothing may be above it. */
static void keep_high(struct ledger *ledger)
{
	if (ledger->high > ledger->high_before)
		ledger->high_before = ledger->high;
	ledger->high = ledger->peak.size;
}

void ledger_clear(struct ledger *ledger)
{
	ledger_settle(ledger);
	for (size_t i = 0; i < ledger->traces.count; i++) {
		struct ledger_trace *trace = &ledger->traces.items[i];

		trace->allocated = trace->freed = trace->saved = trace->temporary = (struct sums){ 0, 0 };
		trace->lifetime_ns = trace->timed = trace->epoch = 0;
		trace->low = LEDGER_NO_SIZE;
		trace->span = 0;
	}
	ledger->resizes.count = 0;
	memset(ledger->lifetimes, 0, sizeof ledger->lifetimes);
	ledger->allocated = ledger->freed = ledger->peak = (struct sums){ 0, 0 };
	ledger->epoch = 1;
	keep_high(ledger);
	ledger->total = (struct ledger_spread){ 0, 0 };
	if (ledger->errors)
		memset(ledger->errors, 0, ledger->n_errors * sizeof *ledger->errors);
}

void ledger_reset_peak(struct ledger *ledger)
{
	ledger_settle(ledger);
	ledger->peak.size = ledger->allocated.size - ledger->freed.size;
	ledger->peak.count = ledger->allocated.count - ledger->freed.count;
	ledger->epoch++;
	keep_high(ledger);
}

struct sums ledger_at_peak(const struct ledger *ledger, const struct ledger_trace *trace)
{
	return trace->epoch == ledger->epoch ? trace->saved : ledger_live(trace);
}

static struct ledger_spread difference(const struct ledger_error *error)
{
	return (struct ledger_spread){ error->allocated.size - error->freed.size,
		error->allocated.count - error->freed.count };
}

/* The trace's variances, to be changed: before its sums are, which move its epoch. */
static struct ledger_error *touch_error(struct ledger *ledger, uint32_t index)
{
	if (index >= ledger->n_errors) {
		size_t capacity = ledger->traces.capacity;

		ledger->errors = xrealloc(ledger->errors, capacity * sizeof *ledger->errors);
		memset(&ledger->errors[ledger->n_errors], 0, (capacity - ledger->n_errors) * sizeof *ledger->errors);
		ledger->n_errors = capacity;
	}
	if (ledger->traces.items[index].epoch != ledger->epoch)
		ledger->errors[index].saved = difference(&ledger->errors[index]);
	return &ledger->errors[index];
}

static void add_spread(struct ledger_spread *spread, const struct estimate *estimate)
{
	spread->size += estimate->size_variance;
	spread->count += estimate->count_variance;
}

void ledger_alloc_estimate(struct ledger *ledger, uint32_t index, const struct estimate *estimate)
{
	add_spread(&touch_error(ledger, index)->allocated, estimate);
	add_spread(&ledger->total, estimate);
	ledger_alloc(ledger, index, estimate->size);
	ledger->traces.items[index].allocated.count += estimate->count - 1;
	ledger->allocated.count += estimate->count - 1;
}

void ledger_free_estimate(struct ledger *ledger, uint32_t index, const struct estimate *estimate)
{
	ledger_settle(ledger);
	add_spread(&touch_error(ledger, index)->freed, estimate);
	ledger_free(ledger, index, estimate->size, estimate->count);
}

void ledger_unfree_estimate(struct ledger *ledger, uint32_t index, const struct estimate *estimate)
{
	struct ledger_error *error = touch_error(ledger, index);

	error->freed.size -= estimate->size_variance;
	error->freed.count -= estimate->count_variance;
	ledger_unfree(ledger, index, estimate->size, estimate->count);
}

struct ledger_spread ledger_live_spread(const struct ledger *ledger, size_t index)
{
	return index < ledger->n_errors ? difference(&ledger->errors[index]) : (struct ledger_spread){ 0, 0 };
}

struct ledger_spread ledger_peak_spread(const struct ledger *ledger, size_t index)
{
	bool touched = ledger->traces.items[index].epoch == ledger->epoch;

	return touched && index < ledger->n_errors ? ledger->errors[index].saved : ledger_live_spread(ledger, index);
}
