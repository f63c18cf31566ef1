/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words are copied out of a ring before they are looked at: the watched program can write there while we read, and what was
 * checked must be what is used. They are copied in small portions as the merge needs them, so that they are still in
 * the processor's cache when they are decoded; what must wait for the next round is copied at the end, to free the ring.
 *
 * One ring alone is a loop; several are merged by a heap that holds only those with something to say, so that an idle ring
 * costs a look at its head. The heap also knows the first event of each ring that is not final; when that is the next in
 * time, the round is over.
 */
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "record/inbox.h"
#include "record/merge.h"

#define PATIENCE_NS 1000000000ull

enum { PORTION = 512, TIDY = 1 << 14 }; /* words */

void merge_look(struct reader *reader, struct ring *ring)
{
	const struct wire_slot *entry = &reader->pool->slots[ring->slot];

	ring->fresh = false;
	/* A ring met in the midst of a round may have sent what this look did not find. */
	ring->final = ring->met ? ring->target : 0;
	ring->met = true;
	if (reader->pool->head->transport == WIRE_TRANSPORT_RING)
		ring->target = atomic_load_explicit(&entry->head, memory_order_acquire);
	else
		ring->unsent = atomic_load_explicit(&entry->unsent, memory_order_acquire) != 0;
}

/* What the ring's records tell beside events. */
static void sink_node(void *context, uint32_t id, uint32_t parent, uint64_t pc, uint32_t flags)
{
	struct ring *ring = context;

	*ARRAY_PUSH(&ring->asides) = (struct aside){ .id = id, .parent = parent, .flags = flags, .pc = pc };
}

static void sink_thread(void *context, int32_t tid)
{
	struct ring *ring = context;

	ring->image.thread = image_thread(ring->process->image, tid);
}

/* A ring speaks for its own process only, and does not hold another. */
static void sink_message(void *context, const void *data, size_t size)
{
	struct ring *ring = context;
	struct wire_message head;
	struct aside *aside;

	if (size < sizeof head)
		return;
	memcpy(&head, data, sizeof head);
	if (head.process != ring->process->index || head.kind == WIRE_MSG_CHUNK)
		return;
	aside = ARRAY_PUSH(&ring->asides);
	*aside = (struct aside){ .message = xmalloc(size), .size = size };
	memcpy(aside->message, data, size);
}

static void take_asides(struct ring *ring)
{
	for (size_t i = 0; i < ring->asides.count; i++) {
		const struct aside *aside = &ring->asides.items[i];

		if (aside->message)
			reader_message(ring->process->reader, aside->message, aside->size);
		else
			image_node(ring->process->image, aside->id, aside->parent, aside->pc, aside->flags);
		free(aside->message);
	}
	ring->asides.count = 0;
}

/* Words of the ring's capacity; 0, and the ring is passed over, when what its slot says cannot be. */
static uint64_t ring_words(struct reader *reader, struct ring *ring)
{
	struct wire_slot *entry = &reader->pool->slots[ring->slot];
	uint64_t words = entry->capacity / 8;

	if (words && words <= WIRE_RING_MAX / 8 && (words & (words - 1)) == 0 &&
		ring->target - ring->position <= words && !ring->stream.bad)
		return words;
	ring->process->image->bad_stream = true;
	ring->position = ring->target;
	atomic_store_explicit(&entry->tail, ring->position, memory_order_release);
	return 0;
}

/* To where the words that were copied may be handed on. */
static void set_limit(struct ring *ring)
{
	struct decode_stream *stream = &ring->stream;
	uint64_t beyond = ring->position > ring->final ? ring->position - ring->final : 0;

	stream->cursor.limit = stream->count - (beyond < stream->count ? beyond : stream->count);
}

/* Copies at most MAX words out of the ring; false: none. */
static bool copy(struct ring *ring, uint64_t max)
{
	struct reader *reader = ring->process->reader;
	uint64_t left = ring->target - ring->position, words;
	const uint64_t *memory;

	if (!left || !(words = ring_words(reader, ring)))
		return false;
	memory = pool_ring(reader->pool, ring->slot);
	if (left > max)
		left = max;
	ring->process->copied += left;
	while (left) {
		uint64_t from = ring->position & (words - 1), some = words - from < left ? words - from : left;

		decode_append(&ring->stream, memory + from, some);
		ring->position += some;
		left -= some;
	}
	atomic_store_explicit(&reader->pool->slots[ring->slot].tail, ring->position, memory_order_release);
	set_limit(ring);
	return true;
}

/* The ring's next event to *EVENT; false: there is none before the ring's head. */
static bool next_event(struct ring *ring, struct event *event)
{
	const struct decode_sink sink = { ring, sink_node, sink_thread, sink_message };

	while (!decode_next(&ring->stream, &sink, event)) {
		if (ring->stream.bad)
			ring->process->image->bad_stream = true;
		if (!copy(ring, PORTION))
			return false;
	}
	return true;
}

/* May the ring's next event be handed on? */
static bool is_final(const struct ring *ring)
{
	return ring->stream.cursor.at <= ring->stream.cursor.limit;
}

/* With --transport pipe, where each event has its own tick, what comes later and is of the time before is forgotten, too. */
static void note_clear(struct ring *ring)
{
	if (ring->process->reader->pool->head->transport == WIRE_TRANSPORT_PIPE)
		ring->process->since = ring->next.tick;
}

/* Hands on RING's final events up to UNTIL, at least its next; false: it has no more. */
static bool hand_on(struct ring *ring, uint64_t until)
{
	struct image *image = ring->process->image;

	do {
		if (__builtin_expect(ring->asides.count > 0, 0))
			take_asides(ring);
		if (__builtin_expect(ring->next.tick >= ring->process->since || ring->next.type >= EVENT_CLEAR, 1))
			image_event(image, &ring->image, &ring->next);
		if (__builtin_expect(ring->next.type == EVENT_CLEAR, 0))
			note_clear(ring);
		image_words(image, &ring->image, &ring->stream, until);
		if (__builtin_expect(image_has_grown(image), 0))
			moments_grown(image);
		if (__builtin_expect(image->latest >= image->timeline.due, 0))
			timeline_take(image);
		ring->have_next = next_event(ring, &ring->next);
	} while (ring->have_next && ring->next.tick <= until && is_final(ring));
	return ring->have_next;
}

/* With --transport pipe: whoever has something unsent has sent all up to its `safe`; others have nothing that came before what
 * is final. Who is not heard of for long cannot be made to send: a handler that asks us something may have interrupted it. */
static uint64_t pipe_horizon(const struct reader_process *process)
{
	uint64_t horizon = UINT64_MAX, now = clock_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < process->rings.count; i++) {
		const struct ring *ring = process->rings.items[i];

		if (ring->unsent && ring->safe < horizon && now - ring->heard_ns < PATIENCE_NS)
			horizon = ring->safe;
	}
	return horizon;
}

/* A binary heap of rings by the time of their next event. */
static void sift(struct merge_entry *heap, size_t count, size_t at)
{
	const struct merge_entry moved = heap[at];

	for (;;) {
		size_t child = at * 2 + 1;

		if (child + 1 < count && heap[child + 1].tick < heap[child].tick)
			child++;
		if (child >= count || heap[child].tick >= moved.tick)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

/* Nothing is left to decode, and nothing to copy. */
static bool is_idle(const struct ring *ring)
{
	return ring->stream.cursor.at == ring->stream.count && ring->position == ring->target;
}

/* The rings that have something to say go into the heap. */
static size_t fill_heap(struct reader_process *process)
{
	size_t count = 0;

	process->heap = xreallocarray(process->heap, process->rings.count + 1, sizeof *process->heap);
	for (size_t i = 0; i < process->rings.count; i++) {
		struct ring *ring = process->rings.items[i];

		set_limit(ring);
		if (!ring->have_next && !is_idle(ring))
			ring->have_next = next_event(ring, &ring->next);
		if (ring->have_next)
			process->heap[count++] = (struct merge_entry){ ring->next.tick, ring };
	}
	for (size_t at = count / 2; at-- > 0;)
		sift(process->heap, count, at);
	return count;
}

/* Hands on all final events up to HORIZON that no other comes before. */
static void merge(struct reader_process *process, uint64_t horizon)
{
	size_t count = fill_heap(process);
	struct merge_entry *heap = process->heap;

	while (count && heap[0].tick <= horizon && is_final(heap[0].ring)) {
		struct ring *ring = heap[0].ring;
		uint64_t until = horizon;

		for (size_t i = 1; i < 3 && i < count; i++)
			if (heap[i].tick < until)
				until = heap[i].tick;
		if (hand_on(ring, until))
			heap[0].tick = ring->next.tick;
		else
			heap[0] = heap[--count];
		sift(heap, count, 0);
	}
}

/* What must wait is taken out of the ring; what has been read no longer takes memory. */
static void tidy(struct ring *ring)
{
	struct decode_stream *stream = &ring->stream;

	copy(ring, UINT64_MAX);
	if (stream->cursor.at == stream->count && stream->capacity > TIDY) {
		free(stream->cursor.words);
		stream->cursor.words = NULL;
		stream->capacity = stream->cursor.at = stream->cursor.limit = stream->count = stream->asked = 0;
	}
}

/* All that has been found is final: there is nobody else, or nothing more will come. */
static bool is_all_final(const struct reader *reader, const struct reader_process *process)
{
	return process->ended || (process->rings.count == 1 && reader->calm);
}

size_t merge_process(struct reader *reader, struct reader_process *process)
{
	bool piped = reader->pool->head->transport == WIRE_TRANSPORT_PIPE;
	bool timed = reader->pool->processes[process->index].clock == WIRE_CLOCK_TSC;

	process->copied = 0;
	process->image->clock = reader->clock;
	process->image->ledger.tick_ns = timed ? reader->tick_ns : 0;
	for (size_t i = 0; i < process->rings.count; i++)
		if (is_all_final(reader, process))
			process->rings.items[i]->final = UINT64_MAX;
	if (process->rings.count)
		merge(process, piped && !process->ended ? pipe_horizon(process) : UINT64_MAX);
	/* What no event follows yet. */
	for (size_t i = 0; i < process->rings.count; i++)
		if (!process->rings.items[i]->have_next && is_final(process->rings.items[i]))
			take_asides(process->rings.items[i]);
	for (size_t i = 0; i < process->rings.count; i++)
		if (!is_idle(process->rings.items[i]) || process->rings.items[i]->stream.capacity > TIDY)
			tidy(process->rings.items[i]);
	return process->copied;
}
