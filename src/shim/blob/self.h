/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which thread is calling, without thread-local storage: a static program has laid out all of its own before we come. What names a
 * thread is its pointer, the word at %fs:0, by which it finds its struct in a table.
 *
 * A new thread may get the pointer of one that has ended. Then its library has called clone meanwhile, which moves the epoch
 * (clones.c): a struct that was found in an older one is only believed when the kernel says the same thread id. So each thread asks
 * the kernel once for each thread that is made.
 */
#ifndef SHIM_BLOB_SELF_H
#define SHIM_BLOB_SELF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SELF_BITS = 12, SELF_PROBES = 4 };
struct thread;

extern struct thread *_Atomic self_table[(1 << SELF_BITS) + SELF_PROBES] __attribute__((visibility("hidden")));
extern _Atomic uint64_t self_epoch __attribute__((visibility("hidden")));
extern bool self_has_pointer __attribute__((visibility("hidden"))); /* the program's first thread has one by now */
/* Threads may be made unseen: the kernel is asked each time. */
extern bool self_is_unsure __attribute__((visibility("hidden")));

uintptr_t self_ask_pointer(void);
struct thread *self_find(uintptr_t pointer);
void thread_set_self(struct thread *thread);
void thread_is_alone(struct thread *self);

/* 0: there is none yet. */
static inline uintptr_t thread_pointer(void)
{
	uintptr_t self;

	if (__builtin_expect(!self_has_pointer, 0))
		return self_ask_pointer();
	__asm__ volatile("mov %%fs:0, %0" : "=r"(self));
	return self;
}

static inline struct thread *_Atomic *self_place(uintptr_t pointer)
{
	return &self_table[pointer * 0x9E3779B97F4A7C15ull >> (64 - SELF_BITS)];
}

#endif
