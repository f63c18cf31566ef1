/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls of exit come through our hook. A return from main does not: libc calls its own exit. But what every exit of libc does
 * first is to run the destructors of the thread's C++ thread_local objects, before any handler of atexit and any static destructor, the
 * latest first. So one such "object" of ours, made by the main thread before any of the program's, is told of the exit before all but
 * the program's own thread_local objects of that thread. No stack changes for it, no handler of the program's has another number. libc
 * takes a block of its heap for it, and gives it back right behind our destructor: neither is told (CALL_OF_LIBC).
 *
 * Registers that a function must keep may hold the program's pointers: they are laid on the stack, in front of what
 * the collector is told to be the program's.
 */
#include "shim/call.h"
#include "shim/channel.h"
#include "shim/exits.h"
#include "shim/ask.h"
#include "shim/life.h"
#include "shim/shim.h"
#include "shim/sys.h"
#include "shim/tell.h"

#ifndef MEMTRACE_BLOB
int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *library);
extern void *__dso_handle SHIM_HIDDEN;
#endif

/* The generation of the entry whose process has asked. */
static _Atomic uint64_t asked;

static uint64_t image_number(void)
{
	return (uint64_t)channel.index << 32 | channel.generation;
}

static bool is_wanted(void)
{
	return atomic_load(&shim_mode) == SHIM_LIVE && life_is_marked() && channel.leaks && !channel_stopped() &&
	       sys_getpid() == channel.process->pid && atomic_exchange(&asked, image_number()) != image_number();
}

static __attribute__((noinline)) void ask_at(uintptr_t frame)
{
	volatile uintptr_t registers[6];
	struct producer *producer;
	struct wire_answer answer;
	struct call call;

	__asm__ volatile("movq %%rbx, 0(%0)\n\tmovq %%rbp, 8(%0)\n\tmovq %%r12, 16(%0)\n\tmovq %%r13, 24(%0)\n\t"
			 "movq %%r14, 32(%0)\n\tmovq %%r15, 40(%0)"
			 :
			 : "r"(registers)
			 : "memory");
	if (!call_begin(&call, (void *)frame))
		return;
	producer = tell_enter(&call);
	if (!producer)
		return;
	ask(producer, WIRE_ASK_LEAKS, (uintptr_t)registers, 0, &answer);
	tell_leave(producer);
}

void exits_begin(uintptr_t frame)
{
	if (unlikely(is_wanted()))
		ask_at(frame);
}

/* Without a dynamic linker there is no such list that we could find: only what calls our hooks is seen. */
#ifdef MEMTRACE_BLOB
void exits_prepare(void)
{
}
#else
static void exits_by_return(void *unused)
{
	(void)unused;
	exits_begin((uintptr_t)__builtin_frame_address(0));
	if (thread_self())
		thread_self()->inside = CALL_OF_LIBC;
}

void exits_prepare(void)
{
	struct thread *thread;

	if (atomic_load(&shim_mode) != SHIM_LIVE || !channel.leaks)
		return;
	thread = thread_self() ? thread_self() : thread_get();
	if (!thread)
		return;
	thread->inside = CALL_OF_LIBC;
	__cxa_thread_atexit_impl(exits_by_return, NULL, &__dso_handle);
	thread->inside = 0;
}
#endif
