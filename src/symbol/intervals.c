/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of ranges made disjoint. Flattening sweeps over them by their beginnings with a stack of
 * those still open:
 *
 *      function  |-----------------------|          f f i i j j i f f
 *      inlined       |-----------|           ==>
 *      inlined           |---|
 *
 * Sorting dominates: n log n once, log n a look-up.
 */
#include <stdlib.h>
#include "symbol/intervals.h"

#define TOP_OF_MEMORY                                                                              \
	(UINT64_MAX - 1) /* lld marks dropped code by -1 and -2 (DWARF 6 draft, "tombstones") */

void intervals_add(struct intervals *intervals, uint64_t low, uint64_t high, uint32_t id)
{
	struct interval *interval;

	if (!low || low >= TOP_OF_MEMORY || high <= low)
		return;
	interval = ARRAY_PUSH(&intervals->list);
	interval->low = low;
	interval->high = high;
	interval->id = id;
	interval->order = intervals->list.count;
}

static int by_nesting(const void *left, const void *right)
{
	const struct interval *a = left, *b = right;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	if (a->high != b->high)
		return a->high > b->high ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static int by_beginning(const void *left, const void *right)
{
	const struct interval *a = left, *b = right;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static void emit(struct intervals *to, uint64_t low, uint64_t high, uint32_t id)
{
	struct interval *last = to->list.count ? &to->list.items[to->list.count - 1] : NULL;

	if (high <= low)
		return;
	if (last && last->high == low && last->id == id) {
		last->high = high;
		return;
	}
	intervals_add(to, low, high, id);
}

/* Closes what ends up to UNTIL, from the top of the stack; returns where the sweep stands. */
static uint64_t close_until(
	struct intervals *to, struct interval *stack, size_t *depth, uint64_t at, uint64_t until)
{
	while (*depth && stack[*depth - 1].high <= until) {
		const struct interval *top = &stack[--*depth];

		emit(to, at, top->high, top->id);
		if (top->high > at)
			at = top->high;
	}
	return at;
}

void intervals_flatten(struct intervals *intervals)
{
	size_t count = intervals->list.count, depth = 0;
	struct interval *stack;
	struct intervals flat = {0};
	uint64_t at = 0;

	if (!count)
		return;
	qsort(intervals->list.items, count, sizeof *intervals->list.items, by_nesting);
	stack = xreallocarray(NULL, count, sizeof *stack);
	for (size_t i = 0; i < count; i++) {
		const struct interval *next = &intervals->list.items[i];

		at = close_until(&flat, stack, &depth, at, next->low);
		if (depth)
			emit(&flat, at, next->low, stack[depth - 1].id);
		at = next->low;
		stack[depth++] = *next;
	}
	close_until(&flat, stack, &depth, at, UINT64_MAX);
	free(stack);
	intervals_free(intervals);
	*intervals = flat;
}

void intervals_cut(struct intervals *intervals)
{
	struct intervals flat = {0};
	uint64_t at = 0;

	if (!intervals->list.count)
		return;
	qsort(intervals->list.items, intervals->list.count, sizeof *intervals->list.items,
		by_beginning);
	for (size_t i = 0; i < intervals->list.count; i++) {
		const struct interval *next = &intervals->list.items[i];

		emit(&flat, next->low > at ? next->low : at, next->high, next->id);
		if (next->high > at)
			at = next->high;
	}
	intervals_free(intervals);
	*intervals = flat;
}

uint32_t intervals_find(const struct intervals *intervals, uint64_t address)
{
	size_t low = 0, high = intervals->list.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (intervals->list.items[middle].high <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == intervals->list.count || address < intervals->list.items[low].low)
		return INTERVAL_NONE;
	return intervals->list.items[low].id;
}

void intervals_free(struct intervals *intervals)
{
	ARRAY_FREE(&intervals->list);
}
