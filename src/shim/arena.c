/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See arena.h. One bump index, moved by compare and swap: a signal may come in between.
 *
 *	| size, state | bytes … | zeros to the next multiple of 16, or farther for its alignment |
 *size, …
 */
#include <stdatomic.h>
#include "shim/arena.h"

enum { HEAD = sizeof(struct arena_block) };

char arena_bytes[ARENA_SIZE] __attribute__((aligned(16)));
static _Atomic size_t used;

void *arena_allocate(size_t size, size_t alignment)
{
	size_t old = atomic_load(&used), at;
	struct arena_block *block;

	if (alignment < HEAD)
		alignment = HEAD;
	do {
		at = (((uintptr_t)arena_bytes + old + HEAD + alignment - 1) & -alignment) -
		     (uintptr_t)arena_bytes;
		if (at > ARENA_SIZE || size > ARENA_SIZE - at)
			return NULL;
	} while (!atomic_compare_exchange_weak(&used, &old, at + size));
	block = arena_block_of(arena_bytes + at);
	block->size = size;
	block->state = ARENA_LIVE;
	return block->bytes;
}

void arena_free(void *addr)
{
	arena_block_of(addr)->state = ARENA_FREED;
}

struct arena_block *arena_next(struct arena_block *block)
{
	size_t end = atomic_load(&used),
	       at = block ? (size_t)(block->bytes - arena_bytes) + block->size : 0;

	for (at = (at + HEAD - 1) & -(size_t)HEAD; at + HEAD <= end; at += HEAD) {
		block = (struct arena_block *)(void *)(arena_bytes + at);
		if (block->state != ARENA_NONE)
			return block;
	}
	return NULL;
}
