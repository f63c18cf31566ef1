/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which requests are events.
 *
 * `inside` names the frame of a hook whose real function runs. A request that comes meanwhile is
 * one of three things:
 *   - the real function's own: operator new asks malloc, malloc asks mmap. Not an event. Known by
 *     its return address in a real function or the module of one, when a walk from it reaches that
 *     frame without passing a signal's; the answer is remembered by return address, so C++ programs
 *     pay it once.
 *   - a signal handler's, or that of code which the real function calls back in the program (a
 *     new-handler), or the exception that operator new throws. An event.
 *   - anybody's, after the hook was left by an exception, a cancellation, longjmp. An event, and
 *     `inside` was stale. The first two need no certainty about the third: a stale `inside` only
 *     costs the questions asked here.
 */
#include "shim/call.h"
#include "shim/channel.h"
#include "shim/splice.h"
#include "shim/life.h"
#include "shim/real.h"
#include "shim/shim.h"
#include "shim/sys.h"
#include "shim/unwind.h"

enum { REMEMBERED = 64 };

/* Return addresses whose requests were found to be a real function's own. */
static _Atomic uintptr_t nested[REMEMBERED];

static _Atomic uintptr_t *remembered(uintptr_t pc)
{
	return &nested[pc * 0x9E3779B97F4A7C15ull >> 58];
}

/* As shallow or shallower on the same stack: the other frame has been left. A handler's own
 * stack may lie anywhere. */
static bool is_shallower(uintptr_t frame, uintptr_t other)
{
	return frame >= other && !channel.jail && !sys_on_altstack();
}

bool call_is_gone(uintptr_t busy, uintptr_t frame)
{
	enum unwind_reached reached = unwind_reach(frame, busy);

	return reached == UNWIND_NOT || (reached >= UNWIND_GUESSED && is_shallower(frame, busy));
}

static bool is_outermost(struct call *call)
{
	uintptr_t pc = call_pc(call->frame);

	if (real_is_shim(pc))
		return false;
	/* Where the allocator is a part of the program, a caller in that may be anybody: one no deeper than the hook is not its. */
	if (call->frame >= call->outer && is_shallower(call->frame, call->outer)) {
		call->outer = 0;
		return true;
	}
	if (atomic_load_explicit(remembered(pc), memory_order_relaxed) == pc)
		return false;
	if (!real_is_allocator(pc))
		return true;
	switch (unwind_reach(call->frame, call->outer)) {
	case UNWIND_DIRECTLY:
		atomic_store_explicit(remembered(pc), pc, memory_order_relaxed);
		return false;
	case UNWIND_BY_SIGNAL:
		return true;
	case UNWIND_GUESSED:
		/* The inside of musl's malloc, of which nothing is said: it is deeper than the hook, that is known. */
		if (!splice_is_allocator(pc))
			break;
		atomic_store_explicit(remembered(pc), pc, memory_order_relaxed);
		return false;
	default:
		break;
	}
	call->outer = 0;
	return true;
}

struct call call_begin_slow(uintptr_t frame)
{
	const struct call none = {0};
	struct call call = {.frame = frame};
	int mode = atomic_load(&shim_mode);

	if (mode == SHIM_NEW && !life_start())
		return none;
	if (mode != SHIM_NEW && mode != SHIM_LIVE)
		return none;
	if (!life_is_marked() && !life_forked())
		return none;
	call.thread = thread_self();
	if (!call.thread)
		call.thread = thread_get();
	if (!call.thread) {
		channel_lost();
		return none;
	}
	call.outer = call.thread->inside;
	if (call.outer == CALL_OF_LIBC) {
		call.thread->inside = 0;
		return none;
	}
	return !call.outer || is_outermost(&call) ? call : none;
}
