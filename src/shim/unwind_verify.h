/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks done a second time by libgcc and compared: only in a build with MEMTRACE_VERIFY_UNWIND
 * (`make verify`); in every other one these calls are nothing.
 *
 * Environment of that build:
 *	MEMTRACE_VERIFY_FILE  a file that counts and differences are appended to; else standard
 *error MEMTRACE_VERIFY_STOP  N: every Nth walk stops at an int3 with its result in registers, for a
 *			      tracer that walks the same stack from outside (tests/verify/remote.c)
 */
#ifndef SHIM_UNWIND_VERIFY_H
#define SHIM_UNWIND_VERIFY_H

#include <stdint.h>
#include "shim/trail.h"

/* In rax where a walk stops; rdi: its pcs, the most recent first, rsi: how many, rcx: the hook's
 * frame. */
#define UNWIND_VERIFY_MAGIC 0x6d656d7472616365ul

#ifdef MEMTRACE_VERIFY_UNWIND

/* The stack of the hook at HOOK was found to be the trace ID (0: it has none): by a walk, which
 * TRAIL holds, or with TRAIL NULL without one. To be called on that stack, by the owner of
 * thread_self. */
void unwind_verify(uintptr_t hook, const struct trail *trail, uint32_t id);
/* Rows could not go on by ROW, that of the pc below PC: unwind_slow.c is asked. */
void unwind_verify_left(uint64_t pc, uint32_t row);

/* The whole walk by libgcc: return addresses, most recent first, without the shim's own. Writes at
 * most MAX and returns how many. */
size_t unwind_slowly(uintptr_t frame, uint64_t *pcs, size_t max);
/* To be called once, before signals can interrupt it. */
void unwind_prepare(void);

#else

static inline void unwind_verify(uintptr_t hook, const struct trail *trail, uint32_t id)
{
	(void)hook, (void)trail, (void)id;
}

static inline void unwind_verify_left(uint64_t pc, uint32_t row)
{
	(void)pc, (void)row;
}

static inline void unwind_prepare(void)
{
}

#endif
#endif
