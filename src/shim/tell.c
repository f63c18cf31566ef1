/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events become records: see tell.h and wire.h. An allocation needs its stack: walk it, find its
 * trace id, then take the tick and write; everything that may wait or fail comes before the tick.
 * Short forms carry the time as a difference; a longer pause is a record of its own before it.
 */
#include "shim/channel.h"
#include "shim/message.h"
#include "shim/modules.h"
#include "shim/real.h"
#include "shim/ring.h"
#include "shim/rows.h"
#include "shim/stacks.h"
#include "shim/tell.h"
#include "shim/unwind.h"
#include "shim/unwind_verify.h"

/* What PRODUCER has not heard of yet. */
static __attribute__((noinline)) void hear(struct producer *producer)
{
	struct trail *trail = &producer->trails.trail;

	producer->news = channel.piped ? 0 : atomic_load(&shim_news);
	if (channel.piped)
		ring_take(producer);
	if (atomic_load(&modules_dirty))
		modules_verify(producer);
	if (producer->seed == modules_seed() && producer->epoch == atomic_load(&rows_epoch) &&
		producer->frames_limit == channel.frames_limit)
		return;
	/* Modules have come or gone: what was kept of walks may mean something else. So may trace
	 * ids where another number of frames is kept. */
	producer->seed = trail->seed = modules_seed();
	producer->epoch = atomic_load(&rows_epoch);
	producer->frames_limit = channel.frames_limit;
	trails_forget(&producer->trails);
	path_forget(&producer->paths);
}

static inline struct producer *begin_always(struct thread *thread, uintptr_t frame)
{
	struct producer *producer = thread_enter(thread, frame);

	if (unlikely(!producer))
		return NULL;
	if (unlikely(producer->news != atomic_load_explicit(&shim_news, memory_order_relaxed)))
		hear(producer);
	return producer;
}

static inline struct producer *begin(struct thread *thread, uintptr_t frame)
{
	return unlikely(channel_stopped()) ? NULL : begin_always(thread, frame);
}

static __attribute__((noinline)) void end_pipe(struct producer *producer)
{
	if (channel.flush_always)
		ring_flush(producer);
	ring_give(producer);
}

static inline void end(struct producer *producer)
{
	if (unlikely(channel.piped))
		end_pipe(producer);
	thread_leave(producer);
}

static __attribute__((noinline)) uint32_t trace_anew(struct producer *producer, uintptr_t frame)
{
	struct trail *trail = &producer->trails.trail;
	uint32_t id;

	if (unlikely(trails_turn_to(&producer->trails, frame + 16)) &&
		(id = path_find(&producer->paths, trail, frame))) {
		unwind_verify(frame, NULL, id);
		return id;
	}
	unwind_walk(trail, frame);
	if (unlikely(trail->broken))
		atomic_fetch_add_explicit(&channel.process->cut_stacks, 1, memory_order_relaxed);
	id = stacks_trace(producer);
	unwind_verify(frame, trail, id);
	path_keep(&producer->paths, trail, id);
	return id;
}

static inline uint32_t trace(struct producer *producer, uintptr_t frame)
{
	uint32_t id = path_find(&producer->paths, &producer->trails.trail, frame);

	if (unlikely(!id))
		return trace_anew(producer, frame);
	unwind_verify(frame, NULL, id);
	return id;
}

/* The tick of a short record, as a difference; what does not fit goes into a record before it (2
 * words). */
static inline uint64_t put_time(struct producer *producer)
{
	uint64_t tick, delta;

	if (likely(ring_has_turn(producer)) && likely(++producer->unstamped % WIRE_TICK_EVERY))
		return 0;
	tick = ring_tick(producer);
	delta = tick - producer->tick;
	producer->tick = tick;
	if (likely(delta < WIRE_DELTA_MAX))
		return delta;
	ring_put(producer, wire_other(WIRE_TIME, 2, 0));
	ring_put(producer, tick);
	return 0;
}

static inline void put_head(
	struct producer *producer, enum wire_kind kind, unsigned int words, unsigned int domain)
{
	producer->tick = ring_tick(producer);
	ring_put(producer, wire_other(kind, words, domain));
	ring_put(producer, producer->tick);
}

static inline bool is_short(uint64_t addr)
{
	return likely(addr % 8 == 0 && addr < WIRE_ADDR_MAX);
}

void tell_alloc_of(struct thread *thread, uintptr_t frame, uintptr_t addr, size_t size)
{
	struct producer *producer = begin(thread, frame);
	uint32_t id;

	if (unlikely(sampling_is_on()))
		sampling_go_on(thread);
	if (unlikely(!producer))
		return;
	id = trace(producer, frame);
	if (unlikely(sampling_is_on()) && !sampling_add(addr)) {
		channel_lost();
	} else if (unlikely(!ring_room(producer, 5))) {
		channel_lost();
	} else if (is_short(addr) && likely(size >> 32 == 0)) {
		uint64_t delta = put_time(producer);

		ring_put2(producer, wire_word(WIRE_ALLOC, addr, delta), (uint64_t)id << 32 | size);
		ring_publish(producer);
	} else {
		put_head(producer, WIRE_ALLOC_ANY, 5, DOMAIN_MALLOC);
		ring_put(producer, addr);
		ring_put(producer, size);
		ring_put(producer, id);
		ring_publish(producer);
	}
	end(producer);
}

static inline void tell_gone(
	struct producer *producer, uint64_t addr, enum wire_type type, enum wire_kind kind)
{
	if (unlikely(!producer))
		return;
	if (unlikely(!ring_room(producer, 3))) {
		channel_lost();
	} else if (is_short(addr)) {
		uint64_t delta = put_time(producer);

		ring_put(producer, wire_word(type, addr, delta));
		ring_publish(producer);
	} else {
		put_head(producer, kind, 3, DOMAIN_MALLOC);
		ring_put(producer, addr);
		ring_publish(producer);
	}
	end(producer);
}

void tell_free_of(struct thread *thread, uintptr_t frame, uintptr_t addr)
{
	if (unlikely(real_range_has(&real_loader, call_pc(frame))))
		modules_freed((const void *)addr);
	if (unlikely(sampling_is_on()) && !sampling_drop(addr))
		return;
	tell_gone(begin(thread, frame), addr, WIRE_FREE, WIRE_FREE_ANY);
}

void *tell_move_of(struct thread *thread, uintptr_t frame, uintptr_t addr)
{
	if (unlikely(sampling_is_on()) && !sampling_drop(addr))
		return NULL;
	tell_gone(begin(thread, frame), addr, WIRE_MOVE, WIRE_MOVE_ANY);
	return (void *)addr;
}

/* A record of a block or a range that was made. */
static void tell_made(struct call *call, enum wire_kind kind, unsigned int domain, const void *addr,
	size_t length)
{
	struct producer *producer = begin(call->thread, call->frame);
	uint32_t id;

	if (!producer)
		return;
	id = trace(producer, call->frame);
	if (ring_room(producer, 5)) {
		put_head(producer, kind, 5, domain);
		ring_put(producer, (uintptr_t)addr);
		ring_put(producer, length);
		ring_put(producer, id);
		ring_publish(producer);
	} else {
		channel_lost();
	}
	end(producer);
}

void tell_map(struct call *call, unsigned int domain, const void *addr, size_t length)
{
	tell_made(call, WIRE_MAP, domain, addr, length);
}

void tell_track(struct call *call, unsigned int domain, const void *addr, size_t size)
{
	tell_made(call, WIRE_ALLOC_ANY, domain, addr, size);
}

bool tell_record(struct producer *producer, enum wire_kind kind, unsigned int argument,
	const uint64_t *values, unsigned int n)
{
	if (!ring_room(producer, 2 + n)) {
		channel_lost();
		return false;
	}
	put_head(producer, kind, 2 + n, argument);
	for (unsigned int i = 0; i < n; i++)
		ring_put(producer, values[i]);
	ring_publish(producer);
	return true;
}

/* The same, unless tracing is stopped. */
static void tell_values(struct call *call, unsigned int domain, enum wire_kind kind,
	const uint64_t *values, unsigned int n)
{
	struct producer *producer = begin(call->thread, call->frame);

	if (!producer)
		return;
	tell_record(producer, kind, domain, values, n);
	end(producer);
}

struct producer *tell_enter(struct call *call)
{
	return begin_always(call->thread, call->frame);
}

void tell_leave(struct producer *producer)
{
	end(producer);
}

void tell_untrack(struct call *call, unsigned int domain, const void *addr)
{
	tell_values(call, domain, WIRE_FREE_ANY, (const uint64_t[]){(uintptr_t)addr}, 1);
}

void tell_unmap(struct call *call, unsigned int domain, const void *addr, size_t length)
{
	tell_values(call, domain, WIRE_UNMAP, (const uint64_t[]){(uintptr_t)addr, length}, 2);
}

void tell_undo(struct call *call, unsigned int domain, const void *addr)
{
	if (sampling_is_on() && domain == DOMAIN_MALLOC)
		sampling_add((uintptr_t)addr);
	tell_values(call, domain, WIRE_UNDO, (const uint64_t[]){(uintptr_t)addr}, 1);
}

void tell_exec(struct call *call, const char *path)
{
	struct producer *producer = path ? begin(call->thread, call->frame) : NULL;
	struct iovec part = {(void *)path, 0};

	if (!producer)
		return;
	while (path[part.iov_len] && part.iov_len < 4096)
		part.iov_len++;
	message_send(producer, WIRE_MSG_EXEC, &part, 1);
	ring_flush(producer);
	end(producer);
	if (channel.piped)
		ring_flush_all(false); /* an exec ends the other threads */
}
