/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See self.h. The table is a help, not the truth: each struct has its pointer itself, written by its owner alone, and is in the list of all
 * (thread.c) with its thread id. So an entry that is overwritten costs its thread a question, nothing more.
 *
 * A vfork child, or one of posix_spawn, runs on its parent's memory with the parent's pointer while the parent sleeps: it is its parent,
 * here, whatever its id. A forked child is known before by the page that it does not inherit (life.c).
 */
#include "shim/channel.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum { GET_FS = 0x1003 };

struct thread *_Atomic self_table[(1 << SELF_BITS) + SELF_PROBES];
_Atomic uint64_t self_epoch = 1;
bool self_has_pointer, self_is_unsure;

uintptr_t self_ask_pointer(void)
{
	uintptr_t base = 0;

	if (sys_failed(SYS_CALL(SYS_arch_prctl, GET_FS, (long)&base)) || !base)
		return 0;
	self_has_pointer = true;
	return thread_pointer();
}

static struct thread *in_table(uintptr_t pointer)
{
	struct thread *_Atomic *place = self_place(pointer);

	for (int i = 0; i < SELF_PROBES; i++) {
		struct thread *thread = atomic_load(&place[i]);

		if (thread && thread->pointer == pointer)
			return thread;
	}
	return NULL;
}

static void put(struct thread *thread)
{
	struct thread *_Atomic *place = self_place(thread->pointer);
	int free = 0;

	/* The first is where the fast way looks. */
	for (int i = SELF_PROBES; i-- > 0;) {
		struct thread *other = atomic_load(&place[i]);

		if (!other || other == thread || other->pointer == thread->pointer || self_place(other->pointer) != place)
			free = i;
	}
	atomic_store(&place[free], thread);
}

static struct thread *confirm(struct thread *thread, uintptr_t pointer, uint64_t epoch)
{
	thread->pointer = pointer;
	thread->epoch = self_is_unsure ? 0 : epoch;
	if (pointer)
		put(thread);
	return thread;
}

struct thread *self_find(uintptr_t pointer)
{
	uint64_t epoch = atomic_load(&self_epoch);
	struct thread *thread = pointer ? in_table(pointer) : NULL;
	int32_t tid;

	if (thread && (thread->epoch == epoch || channel.jail))
		return thread;
	if (channel.jail)
		return NULL;
	tid = sys_gettid();
	if (thread && atomic_load(&thread->tid) == tid)
		return confirm(thread, pointer, epoch);
	if (channel.process && sys_getpid() != atomic_load(&channel.process->pid))
		return thread;
	thread = thread_of(tid, pointer);
	return thread ? confirm(thread, pointer, epoch) : NULL;
}

void thread_set_self(struct thread *thread)
{
	if (thread)
		confirm(thread, thread_pointer(), atomic_load(&self_epoch));
}

void thread_is_alone(struct thread *self)
{
	for (size_t i = 0; i < sizeof self_table / sizeof *self_table; i++)
		atomic_store_explicit(&self_table[i], NULL, memory_order_relaxed);
	thread_set_self(self);
}
