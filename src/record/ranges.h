/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mappings of one process: ranges of addresses that may be trimmed and split. All pieces of a mapping keep its trace; it is
 * one block until its last piece goes, so a split is no new allocation.
 */
#ifndef RECORD_RANGES_H
#define RECORD_RANGES_H

#include <stdbool.h>
#include <stdint.h>
#include "base/memory.h"

struct mapping {
	uint32_t trace;      /* index into the ledger */
	uint32_t pieces;     /* 0: gone, may be used again */
	uint64_t tick;       /* when it was made */
	uint64_t size;       /* bytes that it had then */
};

struct range {
	uint32_t domain, mapping;
	uint64_t start, end;
};

enum { RANGES_CHUNK = 64 };

struct range_chunk {
	uint32_t count;      /* at least 1 */
	struct range items[RANGES_CHUNK];
};

struct ranges {
	size_t count;
	ARRAY(struct range_chunk *) chunks; /* one after another sorted by (domain, start), disjoint within a domain */
	ARRAY(struct mapping) mappings;
	ARRAY(uint32_t) unused;    /* mappings without pieces */
};

/* A piece that ranges_cut took out. */
struct range_cut {
	uint32_t domain, trace, mapping;
	uint64_t start, end;
	bool last;           /* it was its mapping's last piece */
	uint64_t whole, born; /* its mapping's size and tick */
	bool timed;          /* for the caller: the mapping was told to have lived … */
	uint64_t lifetime_ns; /* … so long */
};
struct range_cuts {
	struct range_cut *items;
	size_t count, capacity;
};

/* Takes [start, end) out of DOMAIN, but for mappings made after TICK; what was there is appended to CUTS. */
void ranges_cut(struct ranges *ranges, uint32_t domain, uint64_t start, uint64_t end, uint64_t tick, struct range_cuts *cuts);
/* Adds a new mapping, of SIZE bytes, of which there is one piece; the place must be free. Returns its number. */
uint32_t ranges_add(struct ranges *ranges, const struct range *piece, uint32_t trace, uint64_t size, uint64_t tick);
/* Puts a cut piece back, as a piece of its mapping if that still lives; true: it is a block by itself. Its place must be
 * free. */
bool ranges_put_back(struct ranges *ranges, const struct range_cut *cut);
/* Whether nothing is mapped in [start, end) of DOMAIN. */
bool ranges_free(const struct ranges *ranges, uint32_t domain, uint64_t start, uint64_t end);
/* The trace of the mapping of DOMAIN that holds ADDR; UINT32_MAX: there is none. */
uint32_t ranges_trace(const struct ranges *ranges, uint32_t domain, uint64_t addr);
void ranges_release(struct ranges *ranges);

#endif
