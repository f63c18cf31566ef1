/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The few live blocks that a page's cell cannot hold (live.h): (domain, address) → block. Open addressing with
 * backward-shift deletion, so that it never fills with tombstones; 32 bytes a slot, at most two thirds full.
 */
#ifndef RECORD_STRAYS_H
#define RECORD_STRAYS_H

#include <stddef.h>
#include <stdint.h>

struct live_block {
	uint64_t addr, size;
	uint64_t tick;           /* when it was allocated */
	uint32_t domain;
	uint32_t trace;          /* index into the ledger */
};

struct strays {
	struct live_block *slots; /* a free one has trace UINT32_MAX */
	size_t count, capacity;   /* capacity is 0 or a power of two */
};

/* The block at (DOMAIN, ADDR), or NULL. Valid until the next change. */
struct live_block *strays_find(const struct strays *strays, uint32_t domain, uint64_t addr);
/* Adds BLOCK, which must not be there. */
void strays_add(struct strays *strays, const struct live_block *block);
/* Removes what strays_find gave. */
void strays_remove(struct strays *strays, struct live_block *block);
void strays_clear(struct strays *strays);

#endif
