/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ranges of addresses, each with a number; after intervals_flatten or intervals_cut they are
 * disjoint and sorted, and one binary search tells whose an address is. Units, functions and
 * inlined functions all are such sets.
 */
#ifndef SYMBOL_INTERVALS_H
#define SYMBOL_INTERVALS_H

#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"

#define INTERVAL_NONE UINT32_MAX

struct interval {
	uint64_t low, high; /* low <= address < high */
	uint32_t id;
	uint32_t order; /* in which they were added */
};

struct intervals {
	ARRAY(struct interval) list;
};

/* Empty ranges, and those that a linker left of code that it dropped (at 0, or at the top of
 * memory), are ignored. */
void intervals_add(struct intervals *intervals, uint64_t low, uint64_t high, uint32_t id);
/* Where several overlap, the one that begins last owns the address; of equals the one added last:
 * an inlined function before what it was inlined into, when parents are added first. */
void intervals_flatten(struct intervals *intervals);
/* Where several overlap, the one that begins first owns the address; of those that begin together
 * the one added first. */
void intervals_cut(struct intervals *intervals);
/* The id of ADDRESS's owner, or INTERVAL_NONE. */
uint32_t intervals_find(const struct intervals *intervals, uint64_t address);
void intervals_free(struct intervals *intervals);

#endif
