/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks by libgcc's _Unwind_Backtrace, which is folded into the shim (-static-libgcc) and finds the
 * tables of a pc by _dl_find_object, without locks or memory.
 *
 * Two of its habits do not suit a guest. On unwind information that it does not understand it calls
 * abort; and at a pc without any it peeks at the code there for a signal trampoline, even where the
 * pc is garbage and nothing is mapped. Both calls go out through symbols, abort and
 * _dl_find_object, so the shim defines them for it, hidden: ours end the walk instead, by a jump
 * back into the function that began it. What has been walked so far stands.
 *
 * Cost: about a microsecond and 60 ns a frame; 2 KiB of stack. What it cannot do: go on through
 * code without unwind information, and survive information that lies about where the stack is. So
 * it is what unwind.c falls back on, and what rare questions are asked of.
 */
#include <unwind.h>
#include "shim/real.h"
#include "shim/shim.h"
#include "shim/unwind.h"

enum { REGISTER_RBP = 6 };

struct walk {
	uint64_t *pcs;
	size_t max, n, limit;
	uintptr_t begin; /* the stack pointer of the hook's caller: what counts begins there */
	uint64_t first;	 /* and its pc */
	uintptr_t end;	 /* that of the caller that is looked for, 0: none */
	bool begun, found, signal;
	bool ours; /* the frame before was one of the shim's */
	volatile bool broken;
	struct unwind_state *state; /* the frame to get past, or NULL */
	bool there, past, last; /* it was the last one; its caller has been found; or only its pc */
	struct walk *outer;
	void *back[5];
};

static void collect(struct walk *walk, uint64_t pc)
{
	if (real_is_shim(pc))
		return;
	if (walk->n < walk->max)
		walk->pcs[walk->n] = pc;
	walk->n++;
}

/* Does not return. */
static __attribute__((noreturn)) void end_walk(struct walk *walk, bool broken)
{
	walk->broken = broken;
	__builtin_longjmp(walk->back, 1);
}

__attribute__((visibility("hidden"))) void abort(void)
{
	if (thread_self && thread_self->walk)
		end_walk(thread_self->walk, true);
	__builtin_trap();
}

__attribute__((visibility("hidden"))) int _dl_find_object(
	void *address, struct dl_find_object *result)
{
	struct walk *walk = thread_self ? thread_self->walk : NULL;

	if (real_find_object(address, result) == 0 && result->dlfo_eh_frame)
		return 0;
	if (!walk)
		return -1;
	/* The frame itself is still a true one, only its caller is out of reach. libgcc asks for
	 * the pc of the call, one below the return address. A zero is the end that some runtimes
	 * put under their stacks. */
	if ((walk->begun || (uintptr_t)address + 1 == walk->first) && (uintptr_t)address + 1 > 1) {
		walk->begun = true;
		if (walk->there)
			*walk->state = (struct unwind_state){(uintptr_t)address + 1, 0, 0};
		walk->last = walk->there;
		collect(walk, (uintptr_t)address + 1);
	}
	end_walk(walk, (uintptr_t)address + 1 > 1);
}

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *data)
{
	struct walk *walk = data;
	int before = 0;
	uintptr_t pc = _Unwind_GetIPInfo(context, &before), sp = _Unwind_GetCFA(context);

	if (!walk->begun && sp != walk->begin)
		return _URC_NO_REASON;
	/* Any frame may have come to begin where the hook once did; only the hook itself is ours.
	 */
	if (walk->begun && sp == walk->end && walk->ours)
		walk->found = true;
	walk->ours = real_is_shim(pc);
	walk->begun = true;
	walk->signal = walk->signal || before;
	if (pc == 0 || walk->found)
		return _URC_NORMAL_STOP;
	if (before)
		pc++;
	if (walk->there) {
		*walk->state = (struct unwind_state){pc, sp, _Unwind_GetGR(context, REGISTER_RBP)};
		walk->past = true;
		return _URC_NORMAL_STOP;
	}
	walk->there = walk->state && walk->state->rsp == sp && walk->state->pc == pc;
	collect(walk, pc);
	return walk->n < walk->limit ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

static __attribute__((noinline)) void run(struct walk *walk)
{
	struct thread *thread = thread_self;

	walk->outer = thread->walk;
	if (__builtin_setjmp(walk->back) == 0) {
		thread->walk = walk;
		atomic_signal_fence(memory_order_seq_cst);
		_Unwind_Backtrace(step, walk);
	}
	atomic_signal_fence(memory_order_seq_cst);
	thread_self->walk = walk->outer;
}

size_t unwind_slowly(uintptr_t frame, uint64_t *pcs, size_t max)
{
	struct walk walk = {.pcs = pcs,
		.max = max,
		.begin = frame + 16,
		.first = *(const uintptr_t *)(frame + 8),
		.limit = TRAIL_MOST};

	run(&walk);
	return walk.n < max ? walk.n : max;
}

enum unwind_past unwind_past(uintptr_t frame, struct unwind_state *state)
{
	struct walk walk = {.begin = frame + 16,
		.first = *(const uintptr_t *)(frame + 8),
		.limit = TRAIL_MOST,
		.state = state};

	run(&walk);
	if (walk.past)
		return UNWIND_PAST;
	if (walk.last)
		return UNWIND_LAST;
	return walk.broken || !walk.there ? UNWIND_BROKEN : UNWIND_END;
}

enum unwind_reached unwind_reach(uintptr_t from, uintptr_t frame)
{
	struct walk walk = {.begin = from + 16, .end = frame + 16, .limit = TRAIL_MOST};

	run(&walk);
	if (!walk.found)
		return walk.broken || walk.n >= walk.limit ? UNWIND_UNKNOWN : UNWIND_NOT;
	return walk.signal ? UNWIND_BY_SIGNAL : UNWIND_DIRECTLY;
}

static _Unwind_Reason_Code stop(struct _Unwind_Context *context, void *data)
{
	(void)context, (void)data;
	return _URC_NORMAL_STOP;
}

void unwind_prepare(void)
{
	/* libgcc fills its table of register sizes under a pthread_once. */
	_Unwind_Backtrace(stop, NULL);
}
