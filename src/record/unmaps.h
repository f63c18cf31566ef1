/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The latest unmappings (and mappings, which cover what was there), for mappings that come late: a thread that had mapped
 * something may be heard of only after another has unmapped it again (--transport pipe).
 */
#ifndef RECORD_UNMAPS_H
#define RECORD_UNMAPS_H

#include <stdint.h>
#include "record/ranges.h"

enum { UNMAPS = 256 };

struct unmap {
	uint32_t domain;
	uint64_t start, end, tick; /* tick 0: none, or taken back */
};

struct unmaps {
	struct unmap items[UNMAPS];
	uint32_t next;
};

void unmaps_add(struct unmaps *unmaps, const struct unmap *unmap);
/* The youngest one that begins there did not happen. */
void unmaps_take_back(struct unmaps *unmaps, uint32_t domain, uint64_t start);
/* Cuts RANGES, which hold one late mapping of DOMAIN alone, as all younger unmappings than TICK have done; CUTS is appended to. */
void unmaps_apply(const struct unmaps *unmaps, uint32_t domain, uint64_t tick, struct ranges *ranges, struct range_cuts *cuts);

#endif
