/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See arena.h. One bump index, moved by compare and swap: a signal may come in between. */
#include <stdatomic.h>
#include "shim/arena.h"

char arena_bytes[ARENA_SIZE] __attribute__((aligned(16)));
static _Atomic size_t used;

void *arena_allocate(size_t size, size_t alignment)
{
	size_t old = atomic_load(&used), at;

	if (alignment < ARENA_HEAD)
		alignment = ARENA_HEAD;
	do {
		at = (((uintptr_t)arena_bytes + old + ARENA_HEAD + alignment - 1) & -alignment) -
		     (uintptr_t)arena_bytes;
		if (at > ARENA_SIZE || size > ARENA_SIZE - at)
			return NULL;
	} while (!atomic_compare_exchange_weak(&used, &old, at + size));
	*(size_t *)(arena_bytes + at - ARENA_HEAD) = size;
	return arena_bytes + at;
}

size_t arena_size(const void *addr)
{
	return *(const size_t *)((const char *)addr - ARENA_HEAD);
}
