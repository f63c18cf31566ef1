/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the shim keeps for each thread, and for each level of a thread.
 *
 * Level 0 records what the thread asks for. When a signal interrupts the shim in the middle of
 * that, the handler's requests are recorded one level up, by a producer with a ring and scratch
 * memory of its own; there are LEVELS, and what comes beyond is counted as lost.
 *
 * A thread finds its struct through one pointer of initial-exec TLS: eight bytes, no allocation, no
 * destructor. Nobody tells us when a thread ends, on purpose: a pthread key would be visible to the
 * program, a TLS destructor would come before the last free. Structs and rings of threads that are
 * gone are found by asking the kernel when a new thread needs one.
 */
#ifndef SHIM_THREAD_H
#define SHIM_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "memtrace/wire.h"
#include "shim/path.h"
#include "shim/trails.h"

enum { THREAD_LEVELS = 3 };

/* The writing end of one ring, see ring.h. One owner at a time: a level of a living thread. */
struct producer {
	uintptr_t busy;			/* frame of the hook that is recording, 0: nobody */
	uint64_t *words;		/* the ring; with --transport pipe a buffer */
	uint64_t mask, position, limit; /* write words[position++ & mask] while position <= limit */
	uint64_t tick;			/* of the last record */
	_Atomic uint64_t *head;		/* where readers look: the slot's head, or its unsent; or own_head */
	struct wire_slot *slot;
	uint32_t number, capacity; /* index of the slot; bytes of the ring */
	bool ready;		   /* has a slot, and the reader knows whose it is */
	bool no_growth;
	bool abandoned; /* a fork came in the middle: what is written is nobody's, see ring.h */
	uint32_t retry; /* requests to drop before a slot is looked for again */
	_Atomic uint32_t taken; /* pipe only: somebody fills or empties the buffer */
	_Atomic uint64_t own_head;
	uint64_t turn, turn_at; /* its last one and the position then, see turn.c */
	uint32_t n_short, n_ticks, n_alone;
	uint32_t unstamped;    /* short records since the last tick, see tell.c */
	uint32_t frames_limit; /* that its trace ids are of */
	uint64_t n_asked;      /* questions, see ask.c */
	uint64_t news;	      /* of shim_news, what it has heard of; 0: it is to listen each time */
	uint64_t seed, epoch; /* of modules and rows, that its trails and paths are of */
	struct trails trails;
	struct paths paths;
	struct thread *thread;
};

struct thread {
	uintptr_t inside;    /* frame of the outermost hook whose real function runs, 0: none */
	uint64_t left;	     /* bytes that pass without being told, see sampling.h */
	uint64_t random;     /* state of what chooses the next point */
	struct walk *walk;   /* see unwind_libgcc.c */
	_Atomic int32_t tid; /* its owner, dead or alive */
	struct producer *levels[THREAD_LEVELS];
	struct thread *next; /* of all that there are */
#ifdef MEMTRACE_BLOB
	uintptr_t pointer; /* see blob/self.h */
	uint64_t epoch;
#endif
	struct producer first;
};

#ifdef MEMTRACE_BLOB
#include "shim/blob/self.h"
#else
extern __thread struct thread *thread_self_now __attribute__((tls_model("initial-exec")));
/* The calling thread's struct, or NULL: it has none yet. */
static inline struct thread *thread_self(void)
{
	return thread_self_now;
}
static inline void thread_set_self(struct thread *thread)
{
	thread_self_now = thread;
}
/* No other thread has one. */
static inline void thread_is_alone(struct thread *self)
{
	(void)self;
}
/* Where the thread's own struct, as libc has it, begins: at the top of its stack. */
static inline uintptr_t thread_pointer(void)
{
	uintptr_t self;

	__asm__("mov %%fs:0, %0" : "=r"(self));
	return self;
}
#endif

/* The calling thread's struct, made or taken over from a dead thread; NULL when there is no memory.
 */
struct thread *thread_get(void);
/* The producer of the next free level for a hook at FRAME, marked busy; NULL when the event cannot
 * be recorded. */
struct producer *thread_enter_slow(struct thread *thread, uintptr_t frame);
static inline struct producer *thread_enter(struct thread *thread, uintptr_t frame)
{
	struct producer *producer = &thread->first;

	if (__builtin_expect(producer->busy || !producer->ready, 0))
		return thread_enter_slow(thread, frame);
	producer->busy = frame;
	atomic_signal_fence(memory_order_seq_cst);
	return producer;
}
static inline void thread_leave(struct producer *producer)
{
	atomic_signal_fence(memory_order_seq_cst);
	producer->busy = 0;
}

/* --transport pipe: a buffer that is never given back, since its thread was ended in the middle of a record, is given back;
 * false: the thread lives. */
bool thread_rescue(struct producer *producer);
/* In a forked child: forgets all threads of the parent but the calling one, and all their rings. */
void thread_forget_all(void);
/* All threads there are, which are outside of the shim, begin to sample, or to tell all. */
void thread_sample_all(void);
/* Gives up what all threads hold of the pool: they go on with a new one. None may be in the shim. */
void thread_drop_all(void);
#ifdef MEMTRACE_BLOB
/* The struct of the thread TID with that pointer, or NULL. */
struct thread *thread_of(int32_t tid, uintptr_t pointer);
#endif
/* Calls VISIT for every producer that has a slot, of living and dead threads. */
void thread_visit(void (*visit)(struct producer *producer));

#ifdef MEMTRACE_BLOB
#include "shim/blob/self_now.h"
#endif

#endif
