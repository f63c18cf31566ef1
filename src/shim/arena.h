/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for those who ask before the real malloc is known: IFUNC resolvers that run before the
 * shim is relocated, a signal in the middle of the look-up. Blocks are never reused, so they are
 * all zeros. What stands here when recording begins is told then, without a stack (life.c); what
 * comes later is not. Calls nothing, so it works unrelocated.
 */
#ifndef SHIM_ARENA_H
#define SHIM_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARENA_SIZE = 1 << 16 };
enum arena_state { ARENA_NONE, ARENA_LIVE, ARENA_FREED };

struct arena_block {
	size_t size; /* that it was asked with */
	uint64_t state;
	char bytes[];
} __attribute__((aligned(16)));

/* Hidden: to be found without relocation. */
extern char arena_bytes[ARENA_SIZE] __attribute__((visibility("hidden")));

/* NULL when it is full. ALIGNMENT is a power of two. */
void *arena_allocate(size_t size, size_t alignment);
/* Marks it. */
void arena_free(void *addr);
/* The block behind BLOCK, the first one behind NULL; NULL: there is none. */
struct arena_block *arena_next(struct arena_block *block);

static inline bool arena_owns(const void *addr)
{
	return (uintptr_t)addr - (uintptr_t)arena_bytes < ARENA_SIZE;
}

static inline struct arena_block *arena_block_of(const void *addr)
{
	return (struct arena_block *)addr - 1;
}

#endif
