/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events become records: see tell.h and wire.h. An allocation needs its stack: walk it, find its
 * trace id, then take the tick and write; everything that may wait or fail comes before the head is
 * made odd. Short forms carry the time as a difference; a longer pause is a record of its own
 * before it.
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

static __attribute__((noinline)) void begin_slow(struct producer *producer)
{
	if (channel.piped)
		ring_take(producer);
	if (atomic_load_explicit(&modules_dirty, memory_order_relaxed))
		modules_verify(producer);
}

static inline struct producer *begin(const struct call *call)
{
	struct producer *producer;

	if (unlikely(channel_stopped()))
		return NULL;
	producer = thread_enter(call->thread, call->frame);
	if (likely(producer) && unlikely(channel.piped | atomic_load_explicit(&modules_dirty,
								 memory_order_relaxed)))
		begin_slow(producer);
	return producer;
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

/* Modules have come or gone: what was kept of the last walk may mean something else. */
static inline bool is_stale(const struct trail *trail)
{
	return trail->seed != modules_seed() ||
	       trail->epoch != atomic_load_explicit(&rows_epoch, memory_order_relaxed);
}

static __attribute__((noinline)) void refresh(struct producer *producer)
{
	producer->trail.n_kept = 0;
	path_forget(producer->paths);
	producer->trail.seed = modules_seed();
	producer->trail.epoch = atomic_load(&rows_epoch);
}

static inline uint32_t trace(const struct call *call, struct producer *producer)
{
	struct trail *trail = &producer->trail;
	uint32_t id;

	if (unlikely(is_stale(trail)))
		refresh(producer);
	id = path_find(producer->paths, trail, call->frame);
	if (id)
		return id;
	unwind_walk(trail, call->frame);
	if (unlikely(trail->broken))
		atomic_fetch_add_explicit(&channel.process->cut_stacks, 1, memory_order_relaxed);
	id = stacks_trace(producer);
	path_keep(producer->paths, trail, id);
	return id;
}

/* A handler that came while the stack was walked may have forked, and this be the child: its
 * ring is the parent's. */
static inline bool room(struct producer *producer, unsigned int words)
{
	return ring_reserve(producer, words) && likely(*life_mark);
}

/* The tick of a short record, as a difference; what does not fit goes into a record before it (2
 * words). An allocation's is taken after the real one: so it is seen then if another ring could
 * have freed that address. */
static inline uint64_t put_time(struct producer *producer)
{
	uint64_t tick, delta;

	if (likely(!*(volatile bool *)&ring_exact) &&
		likely(++producer->unstamped % WIRE_TICK_EVERY))
		return 0;
	ring_open(producer);
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
	ring_open(producer);
	producer->tick = ring_tick(producer);
	ring_put(producer, wire_other(kind, words, domain));
	ring_put(producer, producer->tick);
}

static inline bool is_short(uint64_t addr)
{
	return likely(addr % 8 == 0 && addr < WIRE_ADDR_MAX);
}

void tell_alloc(struct call *call, const void *block, size_t size)
{
	const uint64_t addr = (uintptr_t)block;
	struct producer *producer;
	uint32_t id;

	if (unlikely(!addr) || unlikely(!(producer = begin(call))))
		return;
	id = trace(call, producer);
	if (unlikely(!room(producer, 5))) {
		channel_lost();
	} else if (is_short(addr) && likely(size >> 32 == 0)) {
		uint64_t delta = put_time(producer);

		ring_put(producer, wire_word(WIRE_ALLOC, addr, delta));
		ring_put(producer, (uint64_t)id << 32 | size);
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
	const struct call *call, uint64_t addr, enum wire_type type, enum wire_kind kind)
{
	struct producer *producer = addr ? begin(call) : NULL;

	if (unlikely(!producer))
		return;
	if (unlikely(!room(producer, 3))) {
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

void tell_free(struct call *call, const void *addr)
{
	if (unlikely(real_range_has(&real_loader, call_pc(call))))
		atomic_store_explicit(&modules_dirty, true, memory_order_relaxed);
	tell_gone(call, (uintptr_t)addr, WIRE_FREE, WIRE_FREE_ANY);
}

void tell_move(struct call *call, const void *addr)
{
	tell_gone(call, (uintptr_t)addr, WIRE_MOVE, WIRE_MOVE_ANY);
}

void tell_map(struct call *call, unsigned int domain, const void *addr, size_t length)
{
	struct producer *producer = begin(call);
	uint32_t id;

	if (!producer)
		return;
	id = trace(call, producer);
	if (room(producer, 5)) {
		put_head(producer, WIRE_MAP, 5, domain);
		ring_put(producer, (uintptr_t)addr);
		ring_put(producer, length);
		ring_put(producer, id);
		ring_publish(producer);
	} else {
		channel_lost();
	}
	end(producer);
}

/* A record of a tick and N values. */
static void tell_values(struct call *call, uint64_t domain, enum wire_kind kind,
	const uint64_t *values, unsigned int n)
{
	struct producer *producer = begin(call);

	if (!producer)
		return;
	if (room(producer, 2 + n)) {
		put_head(producer, kind, 2 + n, (unsigned int)domain);
		for (unsigned int i = 0; i < n; i++)
			ring_put(producer, values[i]);
		ring_publish(producer);
	} else {
		channel_lost();
	}
	end(producer);
}

void tell_unmap(struct call *call, unsigned int domain, const void *addr, size_t length)
{
	tell_values(call, domain, WIRE_UNMAP, (const uint64_t[]){(uintptr_t)addr, length}, 2);
}

void tell_undo(struct call *call, unsigned int domain, const void *addr)
{
	tell_values(call, domain, WIRE_UNDO, (const uint64_t[]){(uintptr_t)addr}, 1);
}

void tell_exec(struct call *call, const char *path)
{
	struct producer *producer = path ? begin(call) : NULL;
	struct iovec part = {(void *)path, 0};

	if (!producer)
		return;
	while (path[part.iov_len] && part.iov_len < 4096)
		part.iov_len++;
	message_send(producer, WIRE_MSG_EXEC, &part, 1);
	ring_flush(producer);
	end(producer);
}
