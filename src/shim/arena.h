/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for those who ask before the real malloc is known: IFUNC resolvers that run before the
 * shim is relocated, a signal in the middle of the look-up. Blocks are never reused, so they are
 * all zeros; a free of one is ignored; none is recorded. Calls nothing, so it works unrelocated.
 */
#ifndef SHIM_ARENA_H
#define SHIM_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARENA_SIZE = 1 << 16, ARENA_HEAD = 16 };

extern char arena_bytes[ARENA_SIZE];

/* NULL when it is full. ALIGNMENT is a power of two. */
void *arena_allocate(size_t size, size_t alignment);
/* The size that a block was asked with. */
size_t arena_size(const void *addr);

static inline bool arena_owns(const void *addr)
{
	return (uintptr_t)addr - (uintptr_t)arena_bytes < ARENA_SIZE;
}

#endif
