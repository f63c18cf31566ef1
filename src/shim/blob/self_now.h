/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fast way of self.h: to be included behind struct thread. */
#ifndef SHIM_BLOB_SELF_NOW_H
#define SHIM_BLOB_SELF_NOW_H

#include "shim/thread.h"

static inline struct thread *thread_self(void)
{
	uintptr_t pointer = thread_pointer();
	struct thread *thread = atomic_load_explicit(self_place(pointer), memory_order_acquire);

	if (__builtin_expect(thread && thread->pointer == pointer && thread->epoch == atomic_load(&self_epoch) && pointer, 1))
		return thread;
	return self_find(pointer);
}

#endif
