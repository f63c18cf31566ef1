/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the resident memory of a process consists of, by /proc/PID/smaps and pagemap (proc(5)), without stopping it: the kernel
 * sums up each mapping by itself while the program runs on, so the sum is of no single instant.
 *
 * Private memory without a file is the program's where the tracer knows it as mapped by the program, memtrace's where the shim
 * lists it, a stack where it looks like one, else the allocator's: what libc maps for its arenas and large blocks.
 */
#ifndef RECORD_RESIDENCY_H
#define RECORD_RESIDENCY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "base/memory.h"
#include "model/snapshot.h"
#include "record/ranges.h"

struct residency {
	bool known;
	bool has_usable;
	uint64_t looked_ns, tried_ns; /* CLOCK_MONOTONIC; tried: also in vain, since the process has gone */
	uint64_t cost_ns;             /* what the look took */
	uint64_t sizes[MEMORY_KINDS]; /* MEMORY_AGE_NS: of a copy, which residency_copy made */
};

/* [start, end) of one owner; sorted and disjoint. */
struct residency_range {
	uint64_t start, end;
	enum memory_kind kind;
};
struct residency_ranges {
	ARRAY(struct residency_range) all;
};

/* Sums up SMAPS, a file like /proc/PID/smaps, with PAGEMAP open at the process's or −1. RANGES say whose memory without a file is. */
void residency_read(struct residency *residency, FILE *smaps, int pagemap, const struct residency_ranges *ranges);

struct image;
/* Whether another look is due at NOW_NS (CLOCK_MONOTONIC): so seldom that looks take a hundredth of the time at most, and yet
 * within an eighth of the time that the image has lived by then, or a second. */
bool residency_due(const struct image *image, uint64_t now_ns);
/* What is known now: of the image's last look, or of one that is made now where that is not dear. */
void residency_now(struct image *image, struct residency *copy);
/* What is known of the last look alone, with its age. */
void residency_copy(const struct image *image, struct residency *copy);
/* Looks at the image's process as it is now. What is known stays where /proc does not tell: the process has gone, or is another
 * user's. */
void residency_look(struct image *image);

#endif
