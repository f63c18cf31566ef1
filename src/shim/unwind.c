/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks from the hook's caller to the root over rows (rows.h): three registers and some two loads a
 * frame.
 *
 * A frame's caller begins at the CFA, above the frame itself, on the same stack; only the frame of
 * a signal leads elsewhere, to whatever it interrupted. What a row cannot say, and what does not
 * hold this order, is left to libgcc, for the whole stack: it reads more, and tells a true end from
 * a broken one. So every walk has its result.
 *
 * Only the stack is read, and only where rows point: above the frame that they are of, and below
 * the top of the stack as far as that is known. Frames beyond those that are kept are only counted,
 * and not all of them, see depth.h. Cost: about a few nanoseconds a frame.
 *
 * Built with MEMTRACE_VERIFY_UNWIND, each walk is done both ways and differences are written to
 * standard error.
 */
#include "shim/depth.h"
#include "shim/real.h"
#include "shim/rows.h"
#include "shim/shim.h"
#include "shim/unwind.h"

_Atomic bool unwind_beyond;

/* Above the frames of the first thread. ld.so's. */
extern void *__libc_stack_end;

/* struct ucontext on the stack of a signal. */
enum { CONTEXT_RBP = 120, CONTEXT_RSP = 160, CONTEXT_RIP = 168 };

struct frame {
	uint64_t pc; /* as it is stored: one above the last instruction's beginning, or a return
			address */
	uint64_t rsp, rbp, top;
};

/* An address above all frames of the stack that RSP is on: a thread's own struct is at the top of
 * its stack, a stack of the program's making lies anywhere below. */
static uint64_t top_of(uint64_t rsp)
{
	uint64_t self;

	__asm__("mov %%fs:0, %0" : "=r"(self));
	if (self > rsp)
		return self;
	return (uintptr_t)__libc_stack_end > rsp ? (uintptr_t)__libc_stack_end : UINT64_MAX;
}

static inline uint64_t load(uint64_t address)
{
	return *(const volatile uint64_t *)address;
}

static inline bool is_readable(const struct frame *frame, uint64_t address)
{
	return address >= frame->rsp && address < frame->top && address % 8 == 0;
}

static bool leave_signal(struct frame *frame)
{
	uint64_t context = frame->rsp;

	if (!is_readable(frame, context) || context + CONTEXT_RIP >= frame->top)
		return false;
	*frame = (struct frame){load(context + CONTEXT_RIP) + 1, load(context + CONTEXT_RSP),
		load(context + CONTEXT_RBP), 0};
	frame->top = top_of(frame->rsp);
	return true;
}

/* From FRAME to its caller. False: the row does not say it. */
static inline bool step(struct frame *frame, uint32_t row)
{
	uint64_t cfa, at;

	switch (cfi_kind(row)) {
	case CFI_RSP:
		cfa = frame->rsp + (uint64_t)cfi_offset(row);
		break;
	case CFI_RBP:
		cfa = frame->rbp + (uint64_t)cfi_offset(row);
		break;
	case CFI_AT_RBP:
		at = frame->rbp + (uint64_t)cfi_offset(row);
		if (!is_readable(frame, at))
			return false;
		cfa = load(at);
		break;
	case CFI_SIGNAL:
		return leave_signal(frame);
	default:
		return false;
	}
	if (unlikely(cfa <= frame->rsp || cfa > frame->top || cfa % 8 != 0))
		return false;
	if (cfi_rbp(row) != CFI_RBP_KEPT) {
		at = (cfi_rbp(row) == CFI_RBP_AT_CFA ? cfa : frame->rbp) +
		     (uint64_t)cfi_rbp_offset(row);
		if (unlikely(!is_readable(frame, at)))
			return false;
		frame->rbp = load(at);
	}
	frame->pc = load(cfa - 8);
	frame->rsp = cfa;
	return true;
}

/* False: not all of the stack can be walked so. */
static bool walk(const struct unwind_start *start, uint64_t *pcs, size_t max, size_t *depth)
{
	struct frame frame = {load(start->frame + 8), start->frame + 16, load(start->frame), 0};
	size_t n = 0, rest = 0;
	bool interrupted = false;

	if (start->known)
		depth_begin(start->known);
	frame.top = top_of(frame.rsp);
	while (frame.pc != 0) {
		uint32_t row;

		if (unlikely(n >= max) && start->known && !interrupted &&
			(rest = depth_meet(start->known, frame.rsp, frame.pc)) > 0)
			break;
		if (likely(!real_is_shim(frame.pc))) {
			if (likely(n < max))
				pcs[n] = frame.pc;
			if (++n == UNWIND_DEPTH_MAX)
				break;
		}
		row = rows_get(frame.pc - 1);
		interrupted = cfi_kind(row) == CFI_SIGNAL;
		if (likely(step(&frame, row)))
			continue;
		if (cfi_kind(row) != CFI_END)
			return false;
		break;
	}
	if (start->known && n + rest > max && (rest > 0 || n < UNWIND_DEPTH_MAX))
		depth_end(start->known, rest > 0);
	*depth = n + rest;
	return true;
}

#ifdef MEMTRACE_VERIFY_UNWIND
#include <stdio.h>
#include "shim/sys.h"

static _Atomic uint64_t n_walks, n_left, n_different;

static void say(const char *format, uint64_t a, uint64_t b, uint64_t c)
{
	char text[160];
	int size = snprintf(text, sizeof text, format, SYS_CALL(SYS_getpid), a, b, c);

	SYS_CALL(SYS_write, 2, (long)text, size);
}

static void verify(const struct unwind_start *start, const uint64_t *pcs, size_t max, size_t depth)
{
	struct unwind_start again = {.frame = start->frame};
	uint64_t others[max];
	size_t other_depth, n = unwind_slowly(&again, others, max, &other_depth);
	bool same = other_depth == depth && !again.broken;

	for (size_t i = 0; same && i < n; i++)
		same = pcs[i] == others[i];
	n_walks++;
	if (same || n_different++ > 5)
		return;
	say("unwind %ld: DIFFERENT, depth %lu for %lu, broken %lu\n", depth, other_depth,
		again.broken);
	for (size_t i = 0; i < n; i++)
		if (pcs[i] != others[i]) {
			say("unwind %ld:   at %lu %lx for %lx\n", i, pcs[i], others[i]);
			return;
		}
}

static __attribute__((destructor)) void tell_verified(void)
{
	say("unwind %ld: %lu walks agree, %lu left to libgcc, %lu different\n",
		n_walks - n_different, n_left, n_different);
}
#endif

size_t unwind_stack(struct unwind_start *start, uint64_t *pcs, size_t max, size_t *depth)
{
	if (unlikely(!walk(start, pcs, max, depth))) {
#ifdef MEMTRACE_VERIFY_UNWIND
		n_left++;
#endif
		return unwind_slowly(start, pcs, max, depth);
	}
#ifdef MEMTRACE_VERIFY_UNWIND
	verify(start, pcs, max, *depth);
#endif
	start->broken = *depth == 0;
	if (likely(*depth <= max))
		return *depth;
	atomic_store_explicit(&unwind_beyond, true, memory_order_relaxed);
	return max;
}
