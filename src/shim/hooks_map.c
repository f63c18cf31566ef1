/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mmap and its family (domain 1), brk and sbrk (domain 2), as far as the program itself calls them:
 * libc's own calls for its heap, its stacks and its libraries do not come by here. What is asked
 * for is told as it was asked; what goes, goes in whole pages, as the kernel takes it.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include "shim/sys.h"
#include "shim/tell.h"

enum { PAGE = 4096 };
#define FAILED ((void *)-1)
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static size_t whole_pages(size_t length)
{
	return (length + PAGE - 1) & -(size_t)PAGE;
}

/* False: not to be told. */
static inline bool map_begin(struct call *call, void *frame)
{
	return !tell_is_allocators((uintptr_t)frame) && call_begin(call, frame);
}

static void tell_mapped(struct call *call, void *addr, size_t length, bool fixed)
{
	/* A fixed mapping takes its last page whole from whoever had it. */
	if (fixed && length % PAGE != 0)
		tell_unmap(call, DOMAIN_MMAP, addr, whole_pages(length));
	tell_map(call, DOMAIN_MMAP, addr, length);
}

/* mmap before the real one is known: the shim's own way to the kernel, without errno's. */
static void *map_early(void *addr, size_t length, int prot_flags[2], int fd, off_t offset)
{
	long at = SYS_CALL(
		SYS_mmap, (long)addr, (long)length, prot_flags[0], prot_flags[1], fd, offset);

	return sys_failed(at) ? FAILED : (void *)at;
}

#define MMAP_HOOK(name)                                                                            \
	SHIM_EXPORT void *name(                                                                    \
		void *addr, size_t length, int prot, int flags, int fd, off_t offset)              \
	{                                                                                          \
		struct call call;                                                                  \
		void *at;                                                                          \
                                                                                                   \
		if (!map_begin(&call, __builtin_frame_address(0)))                                 \
			return likely(real.name)                                                   \
				       ? real.name(addr, length, prot, flags, fd, offset)          \
				       : map_early(                                                \
						 addr, length, (int[2]){prot, flags}, fd, offset); \
		call_real(&call);                                                                  \
		at = real.name(addr, length, prot, flags, fd, offset);                             \
		call_done(&call);                                                                  \
		if (at != FAILED)                                                                  \
			tell_mapped(&call, at, length, flags &MAP_FIXED);                          \
		return at;                                                                         \
	}

MMAP_HOOK(mmap)
MMAP_HOOK(mmap64)

SHIM_EXPORT int munmap(void *addr, size_t length)
{
	struct call call;
	int status;

	if (!map_begin(&call, __builtin_frame_address(0)))
		return likely(real.munmap) ? real.munmap(addr, length)
					   : (int)SYS_CALL(SYS_munmap, (long)addr, (long)length);
	tell_unmap(&call, DOMAIN_MMAP, addr, whole_pages(length));
	call_real(&call);
	status = real.munmap(addr, length);
	call_done(&call);
	if (status != 0)
		tell_undo(&call, DOMAIN_MMAP, addr);
	return status;
}

SHIM_EXPORT void *mremap(void *addr, size_t old_length, size_t length, int flags, ...)
{
	struct call call;
	va_list rest;
	void *fixed, *at;
	bool moves = old_length > 0 && !(flags & MREMAP_DONTUNMAP);

	va_start(rest, flags);
	fixed = va_arg(rest, void *);
	va_end(rest);
	if (!map_begin(&call, __builtin_frame_address(0)))
		return real.mremap ? real.mremap(addr, old_length, length, flags, fixed) : FAILED;
	if (moves)
		tell_unmap(&call, DOMAIN_MMAP, addr, whole_pages(old_length));
	call_real(&call);
	at = real.mremap(addr, old_length, length, flags, fixed);
	call_done(&call);
	if (at != FAILED)
		tell_mapped(&call, at, length, flags & MREMAP_FIXED);
	else if (moves)
		tell_undo(&call, DOMAIN_MMAP, addr);
	return at;
}

/* The break moves from OLD by INCREMENT: below, so before the real call. */
static void tell_shrink(struct call *call, char *old, intptr_t increment)
{
	if (old != FAILED && increment < 0)
		tell_unmap(call, DOMAIN_BRK, old + increment, (size_t)-increment);
}

static void tell_moved(struct call *call, char *old, intptr_t increment, bool failed)
{
	if (old == FAILED)
		return;
	if (increment < 0 && failed)
		tell_undo(call, DOMAIN_BRK, old + increment);
	else if (increment > 0 && !failed)
		tell_map(call, DOMAIN_BRK, old, (size_t)increment);
}

SHIM_EXPORT void *sbrk(intptr_t increment)
{
	struct call call;
	char *old, *at;

	if (!map_begin(&call, __builtin_frame_address(0)) || increment == 0)
		return real.sbrk ? real.sbrk(increment) : FAILED;
	if (increment < 0)
		tell_shrink(&call, real.sbrk(0), increment);
	call_real(&call);
	at = real.sbrk(increment);
	call_done(&call);
	old = at != FAILED || increment > 0 ? at : real.sbrk(0);
	tell_moved(&call, old, increment, at == FAILED);
	return at;
}

SHIM_EXPORT int brk(void *addr)
{
	struct call call;
	intptr_t increment;
	char *old;
	int status;

	if (!map_begin(&call, __builtin_frame_address(0)))
		return real.brk ? real.brk(addr) : -1;
	old = real.sbrk(0);
	increment = (char *)addr - old;
	tell_shrink(&call, old, increment);
	call_real(&call);
	status = real.brk(addr);
	call_done(&call);
	tell_moved(&call, old, increment, status != 0);
	return status;
}
