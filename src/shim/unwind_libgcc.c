/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks by libgcc's _Unwind_Backtrace, for a build that compares (unwind_verify.h): folded into the
 * shim (-static-libgcc), it finds the tables of a pc by _dl_find_object, without locks or memory.
 *
 * Two of its habits do not suit a guest. On unwind information that it does not understand it calls
 * abort; and at a pc without any it peeks at the code there for a signal trampoline, even where the
 * pc is garbage and nothing is mapped. Both calls go out through symbols, abort and
 * _dl_find_object, so the shim defines them for it, hidden: ours end the walk instead, by a jump
 * back into the function that began it. What has been walked so far stands. It does not survive
 * information that lies about where the stack is.
 */
#include "shim/unwind_verify.h"

#ifdef MEMTRACE_VERIFY_UNWIND

#include <unwind.h>
#include "shim/real.h"
#include "shim/shim.h"

struct walk {
	uint64_t *pcs;
	size_t max, n;
	uintptr_t begin; /* the stack pointer of the hook's caller: what counts begins there */
	uint64_t first;	 /* and its pc */
	bool begun;
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

__attribute__((visibility("hidden"))) void abort(void)
{
	if (thread_self() && thread_self()->walk)
		__builtin_longjmp(thread_self()->walk->back, 1);
	__builtin_trap();
}

__attribute__((visibility("hidden"))) int _dl_find_object(
	void *address, struct dl_find_object *result)
{
	struct walk *walk = thread_self() ? thread_self()->walk : NULL;

	if (real_find_object(address, result) == 0 && result->dlfo_eh_frame)
		return 0;
	if (!walk)
		return -1;
	/* The frame itself is still a true one, only its caller is out of reach. libgcc asks for
	 * the pc of the call, one below the return address. A zero is the end that some runtimes
	 * put under their stacks. */
	if ((walk->begun || (uintptr_t)address + 1 == walk->first) && (uintptr_t)address + 1 > 1)
		collect(walk, (uintptr_t)address + 1);
	__builtin_longjmp(walk->back, 1);
}

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *data)
{
	struct walk *walk = data;
	int before = 0;
	uintptr_t pc = _Unwind_GetIPInfo(context, &before);

	if (!walk->begun && _Unwind_GetCFA(context) != walk->begin)
		return _URC_NO_REASON;
	walk->begun = true;
	if (pc == 0)
		return _URC_NORMAL_STOP;
	collect(walk, before ? pc + 1 : pc);
	return walk->n < TRAIL_MOST ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

static __attribute__((noinline)) void run(struct walk *walk)
{
	struct thread *thread = thread_self();

	walk->outer = thread->walk;
	if (__builtin_setjmp(walk->back) == 0) {
		thread->walk = walk;
		atomic_signal_fence(memory_order_seq_cst);
		_Unwind_Backtrace(step, walk);
	}
	atomic_signal_fence(memory_order_seq_cst);
	thread_self()->walk = walk->outer;
}

size_t unwind_slowly(uintptr_t frame, uint64_t *pcs, size_t max)
{
	struct walk walk = {.pcs = pcs,
		.max = max,
		.begin = frame + 16,
		.first = *(const uintptr_t *)(frame + 8)};

	run(&walk);
	return walk.n < max ? walk.n : max;
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

#endif
