/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The slow half of ring.h: claiming, making room, growing, and the buffer of --transport pipe.
 *
 * `limit` is how far a producer may write before it comes here: up to the tail that it last saw,
 * but at most an eighth of the ring, so that a sleeping collector is woken when there is something
 * to read. A ring begins with WIRE_RING_MIN. When it is found full it grows fourfold, as far as the
 * pool's budget goes, at a moment when it is empty: positions are then the same in both sizes, and
 * the reader, who finds nothing to read, sees the new capacity before the new head. A signal
 * handler that left that moment by a jump would leave a ring that is mapped nowhere: so it has to
 * wait.
 */
#include <signal.h>
#include "shim/message.h"
#include "shim/ring.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum {
	PIPE_WORDS = (WIRE_MESSAGE_MAX - sizeof(struct wire_message) - 8) /
		     8, /* of records in a chunk */
	GROWTH = 4,
	DRAIN_NS = 5000000, /* how long a full ring waits to be empty, for the sake of growing */
	IDLE_NS = 10000000, /* how often what idle threads have buffered is taken along */
};

static bool claim_buffer(struct producer *producer)
{
	producer->words = producer->words ? producer->words : channel_memory(WIRE_MESSAGE_MAX);
	producer->mask = ~0ull;
	producer->limit = PIPE_WORDS;
	producer->head = &producer->slot->unsent;
	return producer->words != NULL;
}

static bool claim_ring(struct producer *producer)
{
	producer->capacity = WIRE_RING_MIN;
	producer->mask = WIRE_RING_MIN / 8 - 1;
	producer->limit = 0;
	producer->head = &producer->slot->head;
	producer->words = channel_map(
		WIRE_RINGS_AT + (uint64_t)producer->number * WIRE_RING_MAX, WIRE_RING_MIN);
	return producer->words != NULL;
}

bool ring_claim(struct producer *producer)
{
	if (!producer->slot) {
		int number = channel_claim_slot(atomic_load(&producer->thread->tid));

		if (number < 0)
			return false;
		producer->number = (uint32_t)number;
		producer->slot = &channel.slots[number];
		producer->position = 0;
		producer->tick = 0;
		producer->n_asked = 0;
	}
	/* Without its memory the slot is kept for the next try: giving it back is the
	 * collector's alone. */
	if (!(channel.piped ? claim_buffer(producer) : claim_ring(producer)))
		return false;
	/* Meanwhile? Then the slot may be the parent's. */
	return !producer->abandoned;
}

void ring_abandon(struct producer *producer)
{
	if (producer->words && !channel.piped)
		SYS_CALL(SYS_mmap, (long)producer->words, producer->capacity,
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	atomic_store(&producer->own_head, producer->position);
	producer->head = &producer->own_head;
	atomic_store(&producer->taken, 0);
	producer->ready = false;
	producer->abandoned = true;
}

void ring_drop(struct producer *producer)
{
	if (producer->words && !channel.piped) {
		channel_free(producer->words, producer->capacity);
		producer->words = NULL;
	}
	producer->position = 0;
	atomic_store(&producer->taken, 0);
	producer->slot = NULL;
	producer->retry = 0;
	producer->no_growth = false;
	producer->ready = false;
	producer->abandoned = false;
}

/* Words that nobody has read yet. */
static uint64_t unread(const struct producer *producer)
{
	uint64_t tail = atomic_load_explicit(&producer->slot->tail, memory_order_acquire);
	uint64_t capacity = producer->capacity / 8, used = producer->position - tail;

	/* The pool can be scribbled over by the program; a tail that cannot be must not make us
	 * write out of bounds. */
	return used <= capacity ? used : capacity;
}

/* Sends what is in the buffer, be it nothing. PATIENT: for as long as that takes. */
static bool send_all(struct producer *producer, bool patient)
{
	uint32_t head[2] = {producer->number, 0};
	const struct iovec parts[2] = {
		{head, sizeof head}, {producer->words, producer->position * 8}};

	if (producer->abandoned ||
		message_send_pipe(WIRE_MSG_CHUNK, parts, 2, producer, patient))
		return true;
	if (patient)
		channel_give_up();
	return false;
}

static bool send_buffer(struct producer *producer)
{
	return producer->position == 0 || send_all(producer, true);
}

bool ring_try_take(struct producer *producer)
{
	return !atomic_exchange(&producer->taken, 1);
}

void ring_take(struct producer *producer)
{
	while (!ring_try_take(producer))
		SYS_CALL(SYS_sched_yield);
}

void ring_give(struct producer *producer)
{
	atomic_store_explicit(&producer->taken, 0, memory_order_release);
}

void ring_flush(struct producer *producer)
{
	if (channel.piped && producer->slot && producer->words)
		send_buffer(producer);
}

static void send_rest(struct producer *producer)
{
	if (!ring_try_take(producer) && !(thread_rescue(producer) && ring_try_take(producer)))
		return;
	ring_flush(producer);
	ring_give(producer);
}

static void send_time(struct producer *producer)
{
	if (!producer->words || !ring_try_take(producer))
		return;
	send_all(producer, true);
	ring_give(producer);
}

static void send_at_once(struct producer *producer)
{
	if (!producer->words || !producer->position || !ring_try_take(producer))
		return;
	if (producer->position)
		send_all(producer, false);
	ring_give(producer);
}

/* What idle threads have left in their buffers holds up what others tell later: see reader.h. So whoever has a full buffer sends
 * it along now and then, where that needs no waiting: a thread whose buffer we hold must not wait for long. */
static void send_of_idle(void)
{
	static _Atomic uint64_t last_ns;
	uint64_t last = atomic_load_explicit(&last_ns, memory_order_relaxed), now, old;
	struct timespec time = {0};

	SYS_CALL(SYS_clock_gettime, CLOCK_MONOTONIC_COARSE, (long)&time);
	now = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
	if (now - last < IDLE_NS || !atomic_compare_exchange_strong(&last_ns, &last, now))
		return;
	old = sys_block_signals();
	thread_visit(send_at_once);
	sys_restore_signals(old);
}


void ring_flush_all(bool even_empty)
{
	/* A handler of this thread that came now would wait for a buffer that we hold. */
	uint64_t old = sys_block_signals();

	thread_visit(even_empty ? send_time : send_rest);
	sys_restore_signals(old);
}

/* The ring is empty: makes it larger if there is budget left. Without signals: where the ring is, a handler
 * that forks must know; and if one has forked, and this is the child, the ring is the parent's. */
static void grow(struct producer *producer)
{
	uint32_t capacity = producer->capacity * GROWTH < WIRE_RING_MAX
				    ? producer->capacity * GROWTH
				    : WIRE_RING_MAX;
	uint64_t more = capacity - producer->capacity, signals = sys_block_signals();
	void *words = NULL;

	if (!life_is_marked() || producer->abandoned)
		goto out;
	if (atomic_fetch_add(&channel.pool->ring_used, more) + more <= channel.pool->ring_budget)
		words = sys_mremap(producer->words, producer->capacity, capacity);
	if (words) {
		producer->words = words;
		producer->mask = capacity / 8 - 1;
		producer->capacity = capacity;
		atomic_store_explicit(&producer->slot->capacity, capacity, memory_order_release);
	} else {
		atomic_fetch_sub(&channel.pool->ring_used, more);
		producer->no_growth = true;
	}
out:
	sys_restore_signals(signals);
}

/* Waits until there is room for WORDS, or for a moment even until all is read, where the ring
 * may grow. */
static bool wait_for_room(struct producer *producer, unsigned int words)
{
	struct channel_wait wait = {0};
	bool may_grow = !producer->no_growth && producer->capacity < WIRE_RING_MAX && !channel.jail;
	uint64_t used;

	for (;;) {
		used = unread(producer);
		if (used == 0 && may_grow) {
			grow(producer);
			return true;
		}
		if (used + words <= producer->capacity / 8 &&
			(!may_grow || wait.slept_ns > DRAIN_NS))
			return true;
		if (!channel_wait(&wait))
			return false;
	}
}

bool ring_make_room(struct producer *producer, unsigned int words)
{
	uint64_t capacity, used, room, step;

	if (atomic_load_explicit(&shim_mode, memory_order_relaxed) == SHIM_SILENT ||
		!life_is_marked())
		return false;
	if (channel.piped) {
		send_of_idle();
		return send_buffer(producer);
	}
	if (producer->abandoned) {
		producer->limit = producer->position + words;
		return true;
	}
	/* Whole records, such as the nodes of one long stack: the reader must have them to make
	 * room. */
	ring_publish(producer);
	used = unread(producer);
	if (used >= producer->capacity / 32)
		channel_ring_bell();
	if (used + words > producer->capacity / 8 && !wait_for_room(producer, words))
		return false;
	capacity = producer->capacity / 8;
	room = capacity - unread(producer);
	step = capacity / 8 > words ? capacity / 8 : words;
	producer->limit = producer->position + (room < step ? room : step);
	return true;
}
