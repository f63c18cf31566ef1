/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events become records. To be called between call_begin and the end of a hook, outside of
 * call_real … call_done. None touches errno; what cannot be recorded is counted.
 */
#ifndef SHIM_TELL_H
#define SHIM_TELL_H

#include "shim/real.h"
#include "shim/sampling.h"
#include "shim/shim.h"

enum { DOMAIN_MALLOC, DOMAIN_MMAP, DOMAIN_BRK };

/*
 * The shortest way, of nearly all calls where blocks are sampled: a hook may at once go on to the real function NAME, and tell
 * nothing, when no point falls into the block, or it was never told. The real function then runs without a word of whose it is
 * (call_real), so it must be one that asks no hook of ours for anything but memory to be mapped (real_malloc_only_maps), and what it
 * maps is known by who asks for it.
 */
#if defined(MEMTRACE_SPLICED) || defined(MEMTRACE_BLOB)
#define TELL_FAST 0
#else
#define TELL_FAST 1
#endif
/* The hook at FRAME, of those that map, was called by an allocator that may be on the shortest way. Not by libc: where a function
 * that libc calls ends by jumping to mmap, it is libc that this returns to. */
static inline bool tell_is_allocators(uintptr_t frame)
{
	return TELL_FAST && unlikely(life_page[LIFE_MALLOC]) && unlikely(real_range_has(&real_mapper, call_pc(frame)));
}
static inline bool tell_skips_alloc(size_t size)
{
	struct thread *thread;

	if (!TELL_FAST || likely(!life_page[LIFE_MALLOC]))
		return false;
	thread = thread_self();
	return thread && !thread->inside && sampling_passes(&thread->left, size);
}
/* The loader's frees are heard: those of what tells of a module by where that lies (sampling_watch), and all of them, in the second
 * part, where modules matter that were never told (stacks_cut). */
static inline bool tell_skips_free(const void *addr)
{
	_Atomic uint8_t *near = TELL_FAST ? (_Atomic uint8_t *)life_page[LIFE_FREE] : NULL;

	return near && !atomic_load_explicit(sampling_piece(near, (uintptr_t)addr), memory_order_relaxed);
}
/* The free half first: it takes nothing from the way to the next point, if the second part is needed after all. */
static inline bool tell_skips_resize(const void *old, size_t size)
{
	return tell_skips_free(old) && likely(size > 0) && tell_skips_alloc(size);
}

/* A block was made; NULL is none. Told after the real call. */
void tell_alloc_of(struct thread *thread, uintptr_t frame, uintptr_t addr, size_t size);
static inline void tell_alloc(const struct call *call, const void *addr, size_t size)
{
	if (likely(addr) && !sampling_passes(&call->thread->left, size))
		tell_alloc_of(call->thread, call->frame, (uintptr_t)addr, size);
}
/* Nobody is to hear that the block at ADDR goes: it was never told. The loader's frees are heard, see tell_free_of. */
static inline bool tell_passes(const struct call *call, const void *addr)
{
	return sampling_unknown((uintptr_t)addr) && !real_range_has(&real_loader, call_pc(call->frame));
}
/* A block is about to be freed; NULL is none. Told before the real call. */
void tell_free_of(struct thread *thread, uintptr_t frame, uintptr_t addr);
static inline void tell_free(const struct call *call, const void *addr)
{
	if (likely(addr) && !tell_passes(call, addr))
		tell_free_of(call->thread, call->frame, (uintptr_t)addr);
}
/* A realloc is about to begin; returns what tell_undo is to be told of if it fails, or NULL: nothing. */
void *tell_move_of(struct thread *thread, uintptr_t frame, uintptr_t addr);
static inline void *tell_move(const struct call *call, const void *addr)
{
	if (likely(addr) && !sampling_unknown((uintptr_t)addr))
		return tell_move_of(call->thread, call->frame, (uintptr_t)addr);
	return NULL;
}
void tell_map(struct call *call, unsigned int domain, const void *addr, size_t length);
/* A range is about to go; tell_undo if it does not. LENGTH in whole pages. */
void tell_unmap(struct call *call, unsigned int domain, const void *addr, size_t length);
void tell_undo(struct call *call, unsigned int domain, const void *addr);
/* Blocks of the program's own domains. */
void tell_track(struct call *call, unsigned int domain, const void *addr, size_t size);
void tell_untrack(struct call *call, unsigned int domain, const void *addr);

/* For what is not an event, or also told while tracing is stopped: the producer of the calling
 * thread, or NULL, to be left again; and a record of a tick and N values. False: lost. */
struct producer *tell_enter(struct call *call);
void tell_leave(struct producer *producer);
bool tell_record(struct producer *producer, enum wire_kind kind, unsigned int argument,
	const uint64_t *values, unsigned int n);

/* A program is about to be started from PATH. */
void tell_exec(struct call *call, const char *path);

#endif
