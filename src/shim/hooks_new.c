/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * operator new and delete, all forms, by their mangled names and in C: the shim needs no C++
 * library. The real ones may come later than we do, with a plugin; the first call then looks for
 * them. An exception passes through a hook as through any C function with unwind tables.
 *
 * Where the program has an operator new or delete of its own, of whatever form, all of these only
 * pass on, and what is told is the malloc that is called in the end: a pair of which one half is
 * its own would not match, and the library's forms come to others of which that may be one.
 */
#include "shim/arena.h"
#include "shim/real.h"
#include "shim/tell.h"

static inline bool begin(struct call *call, void *frame)
{
	return likely(real_cxx_is_ours) && call_begin(call, frame);
}

#define NEW_HOOK(name, params, args)                                                               \
	SHIM_EXPORT void *name params                                                              \
	{                                                                                          \
		struct call call;                                                                  \
		bool told = begin(&call, __builtin_frame_address(0));                              \
		void *addr;                                                                        \
                                                                                                   \
		if (unlikely(!real.name) && real.malloc)                                           \
			real_find_cxx();                                                           \
		if (!told)                                                                         \
			return likely(real.name) ? real.name args : arena_allocate(size, 16);      \
		call_real(&call);                                                                  \
		addr = real.name ? real.name args : real.malloc(size);                             \
		call_done(&call);                                                                  \
		tell_alloc(&call, addr, size);                                                     \
		return addr;                                                                       \
	}

NEW_HOOK(_Znwm, (size_t size), (size))
NEW_HOOK(_Znam, (size_t size), (size))
NEW_HOOK(_ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size, tag))
NEW_HOOK(_ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size, tag))
NEW_HOOK(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment))
NEW_HOOK(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment))
NEW_HOOK(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
	(size, alignment, tag))
NEW_HOOK(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
	(size, alignment, tag))

#define DELETE_HOOK(name, params, args)                                                            \
	SHIM_EXPORT void name params                                                               \
	{                                                                                          \
		struct call call;                                                                  \
		bool told;                                                                         \
                                                                                                   \
		if (tell_skips_free(addr) && likely(real.name)) {                                  \
			real.name args;                                                            \
			return;                                                                    \
		}                                                                                  \
		told = begin(&call, __builtin_frame_address(0));                                   \
		if (unlikely(!addr))                                                               \
			return;                                                                    \
		if (unlikely(!real.name) && real.malloc)                                           \
			real_find_cxx();                                                           \
		if (told) {                                                                        \
			tell_free(&call, addr);                                                    \
			call_real(&call);                                                          \
		}                                                                                  \
		if (unlikely(arena_owns(addr)))                                                    \
			arena_free(addr);                                                          \
		else if (likely(real.name))                                                        \
			real.name args;                                                            \
		else                                                                               \
			real.free(addr);                                                           \
		if (told)                                                                          \
			call_done(&call);                                                          \
	}

DELETE_HOOK(_ZdlPv, (void *addr), (addr))
DELETE_HOOK(_ZdaPv, (void *addr), (addr))
DELETE_HOOK(_ZdlPvm, (void *addr, size_t size), (addr, size))
DELETE_HOOK(_ZdaPvm, (void *addr, size_t size), (addr, size))
DELETE_HOOK(_ZdlPvRKSt9nothrow_t, (void *addr, const void *tag), (addr, tag))
DELETE_HOOK(_ZdaPvRKSt9nothrow_t, (void *addr, const void *tag), (addr, tag))
DELETE_HOOK(_ZdlPvSt11align_val_t, (void *addr, size_t alignment), (addr, alignment))
DELETE_HOOK(_ZdaPvSt11align_val_t, (void *addr, size_t alignment), (addr, alignment))
DELETE_HOOK(_ZdlPvmSt11align_val_t, (void *addr, size_t size, size_t alignment),
	(addr, size, alignment))
DELETE_HOOK(_ZdaPvmSt11align_val_t, (void *addr, size_t size, size_t alignment),
	(addr, size, alignment))
DELETE_HOOK(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *addr, size_t alignment, const void *tag),
	(addr, alignment, tag))
DELETE_HOOK(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *addr, size_t alignment, const void *tag),
	(addr, alignment, tag))
