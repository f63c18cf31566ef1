/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The live blocks of one process: (domain, address) → size, trace. Open addressing with backward-shift deletion, so
 * that it never fills with tombstones; 32 bytes a slot, at most two thirds full.
 */
#ifndef RECORD_LIVE_H
#define RECORD_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live_block {
	uint64_t addr, size;
	uint64_t tick;           /* when it was allocated */
	uint32_t domain;
	uint32_t trace;          /* index into the ledger, + 1: 0 marks a free slot */
};

struct live {
	struct live_block *slots;
	size_t count, capacity;  /* capacity is 0 or a power of two */
};

/* The block at (DOMAIN, ADDR), or NULL. Valid until the next change. */
struct live_block *live_find(const struct live *live, uint32_t domain, uint64_t addr);
/* Adds BLOCK, which must not be there. */
void live_add(struct live *live, const struct live_block *block);
/* Removes what live_find gave. */
void live_remove(struct live *live, struct live_block *block);
void live_clear(struct live *live);

#endif
