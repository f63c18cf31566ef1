/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The malloc family. Each hook is: is this call to be told? the real function; tell. A free is told
 * before the real one, since its address may be another's right after; an allocation after it.
 * Requests that fail are nothing.
 *
 * Blocks of the arena (arena.h) come back here like any others: their memory is never freed, and
 * realloc moves them out.
 */
#include <errno.h>
#include "shim/arena.h"
#include "shim/life.h"
#include "shim/tell.h"

/*
 * A hook of two parts, for those that are called most: the first is the shortest way (tell.h) and needs no frame, the second is the hook
 * as any other, jumped to and not called, so that its frame is where the hook's would be. Without optimization there is no
 * such jump, and then it is one part.
 */
#if TELL_FAST && defined(__OPTIMIZE__)
#define SECOND(result, name, params) static __attribute__((noipa)) result name##_told params
#define FIRST(result, name, params, args, skips)                                                   \
	__attribute__((optimize("optimize-sibling-calls"))) SHIM_EXPORT result name params         \
	{                                                                                          \
		if (skips)                                                                         \
			return real.name args;                                                     \
		return name##_told args;                                                           \
	}
#else
#define SECOND(result, name, params) SHIM_EXPORT result name params
#define FIRST(result, name, params, args, skips)
#endif

static void *too_early(size_t size, size_t alignment)
{
	return arena_allocate(size, alignment);
}

SECOND(void *, malloc, (size_t size))
{
	struct call call;
	void *addr;

	if (!call_begin(&call, __builtin_frame_address(0)))
		return likely(real.malloc) ? real.malloc(size) : too_early(size, 1);
	call_real(&call);
	addr = real.malloc(size);
	call_done(&call);
	tell_alloc(&call, addr, size);
	return addr;
}
FIRST(void *, malloc, (size_t size), (size), tell_skips_alloc(size))

SHIM_EXPORT void *calloc(size_t n, size_t size)
{
	struct call call;
	size_t all;
	void *addr;

	if (!__builtin_mul_overflow(n, size, &all) && tell_skips_alloc(all))
		return real.calloc(n, size);
	if (!call_begin(&call, __builtin_frame_address(0))) {
		if (likely(real.calloc))
			return real.calloc(n, size);
		return __builtin_mul_overflow(n, size, &all) ? NULL : too_early(all, 1);
	}
	call_real(&call);
	addr = real.calloc(n, size);
	call_done(&call);
	tell_alloc(&call, addr, n * size);
	return addr;
}

/* Before the real call of a resize; returns what tell_moved wants. To a size of 0 it is a free, and nothing comes after it. */
static void *tell_going(struct call *call, void *old, size_t size)
{
	if (likely(size > 0))
		return tell_move(call, old);
	tell_free(call, old);
	return NULL;
}

/* After the real call of a resize: what became of it. MOVED is of tell_going. */
static void tell_moved(struct call *call, void *moved, void *addr, size_t size)
{
	if (addr)
		tell_alloc(call, addr, size);
	else if (moved && size > 0)
		tell_undo(call, DOMAIN_MALLOC, moved);
}

/* A block of the arena moves to a real one; to nothing as with libc. */
static void *move_out(struct call *call, bool told, void *old, size_t size)
{
	const struct arena_block *block = arena_block_of(old);
	char *addr = NULL;
	void *moved = NULL;

	if (told) {
		moved = tell_going(call, old, size);
		call_real(call);
	}
	if (size > 0)
		addr = real.malloc ? real.malloc(size) : too_early(size, 1);
	for (size_t i = 0; addr && i < size && i < block->size; i++)
		((volatile char *)addr)[i] = block->bytes[i];
	if (addr || size == 0)
		arena_free(old);
	if (told) {
		call_done(call);
		tell_moved(call, moved, addr, size);
	}
	return addr;
}

SECOND(void *, realloc, (void *old, size_t size))
{
	struct call call;
	bool told = call_begin(&call, __builtin_frame_address(0));
	void *addr, *moved;

	if (unlikely(arena_owns(old) || !real.realloc))
		return old ? move_out(&call, told, old, size) : too_early(size, 1);
	if (!told)
		return real.realloc(old, size);
	moved = tell_going(&call, old, size);
	call_real(&call);
	addr = real.realloc(old, size);
	call_done(&call);
	tell_moved(&call, moved, addr, size);
	return addr;
}
FIRST(void *, realloc, (void *old, size_t size), (old, size), tell_skips_resize(old, size))

SHIM_EXPORT void *reallocarray(void *old, size_t n, size_t size)
{
	struct call call;
	size_t all;
	bool told = call_begin(&call, __builtin_frame_address(0));
	void *addr, *moved;

	if (unlikely(__builtin_mul_overflow(n, size, &all)))
		return real.reallocarray ? real.reallocarray(old, n, size) : NULL;
	if (unlikely(arena_owns(old) || !real.reallocarray))
		return old ? move_out(&call, told, old, all) : too_early(all, 1);
	if (!told)
		return real.reallocarray(old, n, size);
	moved = tell_going(&call, old, all);
	call_real(&call);
	addr = real.reallocarray(old, n, size);
	call_done(&call);
	tell_moved(&call, moved, addr, all);
	return addr;
}

/* Every form of free. THERE: whether libc has it. */
#define FREE_HOOK(name, params, args, there)                                                       \
	SECOND(void, name, params)                                                                 \
	{                                                                                          \
		struct call call;                                                                  \
                                                                                                   \
		if (unlikely(!addr))                                                               \
			return;                                                                    \
		if (!call_begin(&call, __builtin_frame_address(0))) {                              \
			if (unlikely(arena_owns(addr)))                                            \
				arena_free(addr);                                                  \
			else if (likely(real.name))                                                \
				real.name args;                                                    \
			else if (real.free)                                                        \
				real.free(addr);                                                   \
			return;                                                                    \
		}                                                                                  \
		tell_free(&call, addr);                                                            \
		if (unlikely(arena_owns(addr))) {                                                  \
			arena_free(addr);                                                          \
			return;                                                                    \
		}                                                                                  \
		call_real(&call);                                                                  \
		if (likely(real.name))                                                             \
			real.name args;                                                            \
		else                                                                               \
			real.free(addr);                                                           \
		call_done(&call);                                                                  \
	}                                                                                          \
	FIRST(void, name, params, args, tell_skips_free(addr) && (there))

FREE_HOOK(free, (void *addr), (addr), true)
FREE_HOOK(cfree, (void *addr), (addr), real.cfree)
FREE_HOOK(free_sized, (void *addr, size_t size), (addr, size), real.free_sized)
FREE_HOOK(free_aligned_sized, (void *addr, size_t alignment, size_t size), (addr, alignment, size),
	real.free_aligned_sized)

/* What returns a block of SIZE, aligned. */
#define ALIGNED_HOOK(name, params, args, alignment_)                                               \
	SHIM_EXPORT void *name params                                                              \
	{                                                                                          \
		struct call call;                                                                  \
		void *addr;                                                                        \
                                                                                                   \
		if (!call_begin(&call, __builtin_frame_address(0)))                                \
			return real.name ? real.name args : too_early(size, alignment_);           \
		call_real(&call);                                                                  \
		addr = real.name args;                                                             \
		call_done(&call);                                                                  \
		tell_alloc(&call, addr, size);                                                     \
		return addr;                                                                       \
	}

ALIGNED_HOOK(aligned_alloc, (size_t alignment, size_t size), (alignment, size), alignment)
ALIGNED_HOOK(memalign, (size_t alignment, size_t size), (alignment, size), alignment)
ALIGNED_HOOK(valloc, (size_t size), (size), 4096)
ALIGNED_HOOK(pvalloc, (size_t size), (size), 4096)

/* No event: only libc must not look at what is not its own. */
SHIM_EXPORT size_t malloc_usable_size(void *addr)
{
	if (unlikely(arena_owns(addr)))
		return arena_block_of(addr)->size;
	if (unlikely(!real.malloc_usable_size))
		life_start();
	return addr && real.malloc_usable_size ? real.malloc_usable_size(addr) : 0;
}

SHIM_EXPORT int posix_memalign(void **addr, size_t alignment, size_t size)
{
	struct call call;
	int status;

	if (!call_begin(&call, __builtin_frame_address(0))) {
		if (likely(real.posix_memalign))
			return real.posix_memalign(addr, alignment, size);
		*addr = too_early(size, alignment);
		return *addr ? 0 : ENOMEM;
	}
	call_real(&call);
	status = real.posix_memalign(addr, alignment, size);
	call_done(&call);
	if (status == 0)
		tell_alloc(&call, *addr, size);
	return status;
}
