/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads' structs: see thread.h. All are in one list that only grows. A struct belongs to the
 * thread whose id stands in it; a new thread takes one over by compare and swap of that id, when
 * the kernel says that the old thread is gone, or when it has the very same id. What a dead thread
 * left half done (it cannot be, but for asynchronous cancellation) is swept away by taking over:
 * its last record was not published, so the reader never sees it.
 *
 * Every step may be interrupted by a signal whose handler allocates, so each leaves the list and
 * the structs whole; the worst is a struct that nobody uses. The handler may even fork, and the
 * child go on where the shim was interrupted: see ring_abandon.
 */
#include "shim/call.h"
#include "shim/ring.h"
#include "shim/sampling.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum {
	PROBES = 4,   /* old structs asked about for each new thread */
	RETRY = 1024, /* requests to drop before a slot is looked for again */
	PAGE = 4096,
	PATIENCE = 20000, /* turns of others' that a buffer is waited for */
};

#ifndef MEMTRACE_BLOB
__thread struct thread *thread_self_now __attribute__((tls_model("initial-exec")));
#endif

static struct thread *_Atomic all;
static struct thread *_Atomic next_probe;

/* What a level has behind its struct. */
static size_t memory_bytes(void)
{
	return trail_bytes(TRAIL_FIRST) + paths_bytes(PATHS_FIRST_BITS);
}

static void attach(struct producer *producer, struct thread *thread, void *memory)
{
	trail_init(&producer->trails.trail, memory);
	paths_init(&producer->paths, (char *)memory + trail_bytes(TRAIL_FIRST));
	producer->thread = thread;
}

static void release(struct producer *producer)
{
	trails_release(&producer->trails);
	paths_release(&producer->paths);
}

static size_t whole_pages(size_t size)
{
	return (size + PAGE - 1) & -(size_t)PAGE;
}

static size_t thread_bytes(void)
{
	return whole_pages(sizeof(struct thread) + memory_bytes());
}

static size_t level_bytes(void)
{
	return whole_pages(sizeof(struct producer) + memory_bytes());
}

static struct thread *make(int32_t tid)
{
	struct thread *thread = channel_memory(thread_bytes());

	if (!thread)
		return NULL;
	thread->tid = tid;
	thread->levels[0] = &thread->first;
	attach(&thread->first, thread, thread + 1);
	sampling_start(thread);
	thread->next = atomic_load(&all);
	while (!atomic_compare_exchange_weak(&all, &thread->next, thread))
		;
	return thread;
}

/* Whoever was recording has been cut off in the middle: what is not published never was. */
static void reset(struct producer *producer)
{
	/* A handler that came while we hold the buffer would wait for it, or leave it held. */
	uint64_t signals = channel.piped ? sys_block_signals() : 0;

	/* Somebody may be sending what it has left; but whoever was cut off may have held it, too.
	 */
	for (int i = 0; channel.piped && i < PATIENCE && !ring_try_take(producer); i++)
		SYS_CALL(SYS_sched_yield);
	trails_mend(&producer->trails);
	trails_forget(&producer->trails);
	if (producer->slot && producer->words) {
		producer->position = atomic_load(producer->head);
		if (!channel.piped)
			producer->limit = producer->position;
		else if (producer->position > producer->limit)
			producer->position = 0; /* the program can write there, too */
		ring_publish(producer);
	}
	atomic_store(&producer->taken, 0);
	/* Last: what a handler cuts off by a jump is to be done again. */
	atomic_signal_fence(memory_order_seq_cst);
	producer->busy = 0;
	if (channel.piped)
		sys_restore_signals(signals);
}

static void sweep(struct thread *thread)
{
	thread->inside = 0;
	thread->walk = NULL;
	for (int i = 0; i < THREAD_LEVELS; i++) {
		struct producer *producer = thread->levels[i];

		if (!producer)
			continue;
		reset(producer);
		producer->ready = false;
		producer->retry = 0;
		if (producer->slot)
			atomic_store(&producer->slot->tid, atomic_load(&thread->tid));
	}
}

/* The struct of a thread that is gone, or NULL. A few are asked about, so that a thousand living
 * threads do not make each new one slow. */
static struct thread *take_over(int32_t tid)
{
	struct thread *thread = atomic_load(&next_probe);
	int pid = channel.process->pid;

	for (int i = 0; i < PROBES; i++) {
		if (!thread && !(thread = atomic_load(&all)))
			return NULL;
		int32_t owner = atomic_load(&thread->tid);

		if ((owner == tid || sys_thread_gone(pid, owner)) &&
			atomic_compare_exchange_strong(&thread->tid, &owner, tid)) {
			atomic_store(&next_probe, thread->next);
			sweep(thread);
			return thread;
		}
		thread = thread->next;
	}
	atomic_store(&next_probe, thread);
	return NULL;
}

bool thread_rescue(struct producer *producer)
{
	struct thread *thread = producer->thread;
	int32_t owner = atomic_load(&thread->tid), tid = sys_gettid();

	/* As its owner for the moment, lest a new thread takes it over meanwhile. */
	if (owner == tid || !sys_thread_gone(channel.process->pid, owner) ||
		!atomic_compare_exchange_strong(&thread->tid, &owner, tid))
		return false;
	reset(producer);
	atomic_store(&thread->tid, owner);
	return true;
}

struct thread *thread_get(void)
{
	struct thread *thread = NULL;
	int32_t tid;

	if (channel.jail)
		return NULL;
	tid = sys_gettid();
	if (atomic_load(&all))
		thread = take_over(tid);
	if (!thread)
		thread = make(tid);
	thread_set_self(thread);
	return thread;
}

/* Tells the reader whose events come now. */
static bool introduce(struct producer *producer)
{
	if (!ring_room(producer, 3))
		return false;
	producer->tick = ring_tick(producer);
	ring_put(producer, wire_other(WIRE_THREAD, 3, 0));
	ring_put(producer, producer->tick);
	ring_put(producer, (uint64_t)atomic_load(&producer->thread->tid));
	ring_publish(producer);
	return true;
}

/* What was kept of walks has the parent's ids. */
static void drop(struct producer *producer)
{
	ring_drop(producer);
	trails_forget(&producer->trails);
	path_forget(&producer->paths);
}

/* Gives the producer a slot if it has none. */
static bool prepare(struct producer *producer)
{
	if (producer->abandoned)
		drop(producer);
	if (producer->retry) {
		producer->retry--;
		return false;
	}
	if ((!producer->slot || !producer->words) && !ring_claim(producer)) {
		producer->retry = producer->abandoned ? 0 : RETRY;
		return false;
	}
	if (channel.piped)
		ring_take(producer);
	producer->ready = introduce(producer) && !producer->abandoned;
	if (channel.piped)
		ring_give(producer);
	return producer->ready;
}

/* A handler may have come meanwhile, and have added it: what it has told there would be nobody's to send. */
static struct producer *add_level(struct thread *thread, int level)
{
	struct producer *producer = channel_memory(level_bytes()), *none = NULL;

	if (!producer)
		return thread->levels[level];
	attach(producer, thread, producer + 1);
	if (__atomic_compare_exchange_n(&thread->levels[level], &none, producer, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return producer;
	channel_free(producer, level_bytes());
	return none;
}

struct producer *thread_enter_slow(struct thread *thread, uintptr_t frame)
{
	for (int level = 0; level < THREAD_LEVELS; level++) {
		struct producer *producer = thread->levels[level];

		if (!producer && !(producer = add_level(thread, level)))
			break;
		if (producer->busy) {
			if (!call_is_gone(producer->busy, frame))
				continue;
			reset(producer);
		}
		producer->busy = frame;
		atomic_signal_fence(memory_order_seq_cst);
		if (producer->ready || prepare(producer))
			return producer;
		/* A handler has forked meanwhile. */
		if (producer->abandoned && prepare(producer))
			return producer;
		thread_leave(producer);
		break;
	}
	channel_lost();
	return NULL;
}

#ifdef MEMTRACE_BLOB
struct thread *thread_of(int32_t tid, uintptr_t pointer)
{
	struct thread *thread = atomic_load(&all);

	while (thread && (atomic_load(&thread->tid) != tid || thread->pointer != pointer))
		thread = thread->next;
	return thread;
}
#endif

void thread_visit(void (*visit)(struct producer *producer))
{
	for (struct thread *thread = atomic_load(&all); thread; thread = thread->next)
		for (int i = 0; i < THREAD_LEVELS; i++)
			if (thread->levels[i] && thread->levels[i]->slot)
				visit(thread->levels[i]);
}

static bool is_busy(const struct thread *thread)
{
	for (int i = 0; i < THREAD_LEVELS; i++)
		if (thread->levels[i] && thread->levels[i]->busy)
			return true;
	return false;
}

static void forget(struct thread *thread)
{
	for (int i = 0; i < THREAD_LEVELS; i++)
		if (thread->levels[i]) {
			ring_drop(thread->levels[i]);
			release(thread->levels[i]);
		}
	for (int i = 1; i < THREAD_LEVELS; i++)
		if (thread->levels[i])
			channel_free(thread->levels[i], level_bytes());
	channel_free(thread, thread_bytes());
}

/* The calling thread goes on with what it has, as a hook that was interrupted will. */
static void keep(struct thread *thread)
{
	for (int i = 0; i < THREAD_LEVELS; i++)
		if (thread->levels[i] && thread->levels[i]->busy)
			ring_abandon(thread->levels[i]);
		else if (thread->levels[i])
			drop(thread->levels[i]);
	atomic_store(&thread->tid, sys_gettid());
	thread->next = NULL;
}

void thread_forget_all(void)
{
	struct thread *self = thread_self();

	/* Of the others, one that was recording may have been changing its maps: what it had stays
	 * where it is, unused. */
	for (struct thread *thread = atomic_load(&all), *next; thread; thread = next) {
		next = thread->next;
		if (thread != self && !is_busy(thread))
			forget(thread);
	}
	if (self)
		keep(self);
	atomic_store(&all, self);
	thread_is_alone(self);
	atomic_store(&next_probe, NULL);
}

void thread_sample_all(void)
{
	for (struct thread *thread = atomic_load(&all); thread; thread = thread->next)
		sampling_start(thread);
}

void thread_drop_all(void)
{
	for (struct thread *thread = atomic_load(&all); thread; thread = thread->next) {
		thread->inside = 0;
		for (int i = 0; i < THREAD_LEVELS; i++) {
			struct producer *producer = thread->levels[i];

			if (!producer)
				continue;
			producer->busy = 0;
			trails_mend(&producer->trails);
			if (channel.piped && producer->words) {
				sys_munmap(producer->words, WIRE_MESSAGE_MAX);
				producer->words = NULL;
			}
			drop(producer);
		}
	}
}
