/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events to accounts. The events of one image come in the order of time, so that an allocation at a live address means a
 * free that was never told (a block at a tracked address replaces it), and a free of an unknown address one that was
 * made before we looked. Where the order cannot be had (--transport pipe with idle threads) it is repaired by the ticks:
 * a free older than the block it hits freed the block before it; an allocation older than a free that found nothing
 * belongs to that free. Only an event that is older than the youngest so far can be one of those. Events of one tick
 * stand in the order in which they came.
 *
 * Nearly all events are short records that come in time: image_words is their loop. With many blocks they may find their
 * memory far away; ahead.h asks for it before.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/ahead.h"
#include "record/estimate.h"
#include "record/image.h"
#include "record/image_ranges.h"

enum { ORPHANS_MAX = 1 << 16 };

struct image *image_new(int32_t pid)
{
	struct image *image = xcalloc(1, sizeof *image);

	image->pid = pid;
	ledger_init(&image->ledger);
	image->domain_names.key_size = sizeof(uint32_t);
	image->threads_by_tid.key_size = sizeof(int32_t);
	image->places.key_size = sizeof(uint64_t);
	image->orphans.key_size = 2 * sizeof(uint64_t);
	return image;
}

static void free_texts(char **items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(items[i]);
}

void image_free(struct image *image)
{
	if (!image)
		return;
	free_texts(image->command.items, image->command.count);
	free_texts(image->problems.items, image->problems.count);
	free_texts(image->pending_execs.items, image->pending_execs.count);
	free_texts(image->names.items, image->names.count);
	for (size_t i = 0; i < image->modules.count; i++)
		free(image->modules.items[i].path);
	for (size_t i = 0; i < image->threads.count; i++)
		free(image->threads.items[i].name);
	for (size_t i = 0; i < image->follows.count; i++)
		free_texts((char *[]){ image->follows.items[i].program, image->follows.items[i].file,
			image->follows.items[i].why }, 3);
	ARRAY_FREE(&image->command);
	ARRAY_FREE(&image->problems);
	ARRAY_FREE(&image->leaks);
	ARRAY_FREE(&image->pending_execs);
	ARRAY_FREE(&image->names);
	ARRAY_FREE(&image->modules);
	ARRAY_FREE(&image->threads);
	ARRAY_FREE(&image->lasts);
	ARRAY_FREE(&image->follows);
	ARRAY_FREE(&image->nodes);
	ARRAY_FREE(&image->loaded);
	map_free(&image->domain_names);
	map_free(&image->threads_by_tid);
	map_free(&image->places);
	map_free(&image->orphans);
	ledger_release(&image->ledger);
	moments_release(&image->moments);
	ARRAY_FREE(&image->timeline.points);
	live_clear(&image->live);
	ranges_release(&image->ranges);
	free(image->executable);
	free(image);
}

/* An allocation older than a free that found nothing: they belong together. *GONE is when it was freed. */
static bool claim_orphan(struct image *image, const struct event *event, uint64_t *gone)
{
	uint64_t key[2] = { event->domain, event->addr }, *tick;

	if (!image->orphans.count || !(tick = map_find(&image->orphans, key)) || *tick <= event->tick)
		return false;
	*gone = *tick;
	*tick = 0;
	image->unknown_frees--;
	return true;
}

/* An allocation older than events that have been seen: whether its block has gone already. *GONE is when, or 0: not known. */
static bool came_too_late(struct image *image, const struct event *event, uint64_t *gone)
{
	struct live_block block;

	*gone = 0;
	if (claim_orphan(image, event, gone))
		return true;
	return live_find(&image->live, event->domain, event->addr, &block) && block.tick > event->tick;
}

/* The accounts of a block that was sampled: what it stands for comes, goes, or comes back. */
enum account { ACCOUNT_ALLOC, ACCOUNT_FREE, ACCOUNT_UNFREE };
static __attribute__((noinline)) void account_sampled(struct image *image, struct live_block block, enum account what)
{
	struct estimate estimate = estimate_of(image->interval, block.size, block.addr, block.tick);

	if (what == ACCOUNT_ALLOC)
		ledger_alloc_estimate(&image->ledger, block.trace, &estimate);
	else if (what == ACCOUNT_FREE)
		ledger_free_estimate(&image->ledger, block.trace, &estimate);
	else
		ledger_unfree_estimate(&image->ledger, block.trace, &estimate);
}

static inline bool is_sampled(const struct image *image, const struct live_block *block)
{
	return __builtin_expect(image->interval != 0, 0) && block->domain == DOMAIN_MALLOC;
}

static inline void __attribute__((always_inline)) account_alloc(struct image *image, const struct live_block *block)
{
	if (is_sampled(image, block))
		account_sampled(image, *block, ACCOUNT_ALLOC);
	else
		ledger_alloc(&image->ledger, block->trace, block->size);
}

static inline void __attribute__((always_inline)) account_free(struct image *image, const struct live_block *block)
{
	if (is_sampled(image, block))
		account_sampled(image, *block, ACCOUNT_FREE);
	else
		ledger_free(&image->ledger, block->trace, block->size, 1);
}

/* A block at a tracked address replaces it: the old one goes before the new one comes. When it went nobody knows. */
static void replace_block(struct image *image, struct live_block block)
{
	struct live_block old;

	if (live_take(&image->live, block.domain, block.addr, &old))
		account_free(image, &old);
	live_add(&image->live, &block);
}

static inline void __attribute__((always_inline)) add_block(struct image *image, struct image_ring *ring,
	const struct event *event)
{
	uint32_t trace = ledger_trace(&image->ledger, event->trace, event->domain, ring->thread, event->size);
	const struct live_block block = { event->addr, event->size, event->tick, event->domain, trace };

	if (__builtin_expect(!live_add(&image->live, &block), 0))
		replace_block(image, block);
	account_alloc(image, &block);
	if (event->domain == DOMAIN_MALLOC)
		image->lasts.items[ring->thread] = event->addr;
}

/* EVENT is what has become of the block that the event before it, a MOVE, took. By value: see live_add. */
static void __attribute__((noinline)) note_resize(struct image *image, struct image_ring *ring, struct event event)
{
	const struct live_block *old = &ring->moves[(ring->next_move - 1) % IMAGE_MOVES].block;

	if (ring->moving && ring->clears == image->clears && old->domain == event.domain)
		ledger_resized(&image->ledger, ledger_trace(&image->ledger, event.trace, event.domain, ring->thread, event.size),
			old->size, event.size, old->addr != event.addr);
}

static void on_alloc(struct image *image, struct image_ring *ring, const struct event *event)
{
	uint64_t gone;

	if (ring->last_was_move)
		note_resize(image, ring, *event);
	if (event->tick < image->latest && came_too_late(image, event, &gone)) {
		uint32_t trace = ledger_trace(&image->ledger, event->trace, event->domain, ring->thread, event->size);
		const struct live_block block = { event->addr, event->size, event->tick, event->domain, trace };

		account_alloc(image, &block);
		if (gone)
			ledger_lived(&image->ledger, &image->ledger.traces.items[trace], event->size, gone - event->tick);
		account_free(image, &block);
		if (event->domain == DOMAIN_MALLOC)
			image->lasts.items[ring->thread] = event->addr;
		return;
	}
	add_block(image, ring, event);
}

static void remember_orphan(struct image *image, uint32_t domain, uint64_t addr, uint64_t tick)
{
	const uint64_t key[2] = { domain, addr };

	image->unknown_frees++;
	if (image->orphans.count >= ORPHANS_MAX) {
		map_free(&image->orphans);
		image->orphans.key_size = sizeof key;
	}
	*map_add(&image->orphans, key, 0, NULL) = tick;
}

/* What went before a CLEAR cannot come back after it. */
static void forget_cleared(const struct image *image, struct image_ring *ring)
{
	if (ring->clears == image->clears)
		return;
	memset(ring->moves, 0, sizeof ring->moves);
	ring->cuts.count = 0;
	ring->clears = image->clears;
}

static void remember_move(struct image *image, struct image_ring *ring, struct live_block block, uint64_t lifetime_ns)
{
	forget_cleared(image, ring);
	ring->moves[ring->next_move++ % IMAGE_MOVES] = (struct image_move){ block, lifetime_ns, true };
	ring->moving = true;
}

/* A block of TRACE that is freed: it was temporary if it is the last that its thread has allocated. Without a branch: that is
 * the program's choice. */
static inline void note_temporary(const struct image *image, struct ledger_trace *trace, uint64_t addr, uint64_t size)
{
	uint64_t is_last = image->lasts.items[trace->thread] == addr;

	trace->temporary.size += size & -is_last;
	trace->temporary.count += is_last;
}

static inline void __attribute__((always_inline)) free_block(struct image *image, struct image_ring *ring,
	const struct event *event)
{
	struct ledger_trace *trace;
	struct live_block block;
	uint64_t lifetime_ns;

	if (__builtin_expect(!live_take(&image->live, event->domain, event->addr, &block), 0)) {
		remember_orphan(image, event->domain, event->addr, event->tick);
		ring->moving = false;
		return;
	}
	trace = &image->ledger.traces.items[block.trace];
	lifetime_ns = ledger_lived(&image->ledger, trace, block.size, event->tick - block.tick);
	if (__builtin_expect(event->type == EVENT_MOVE, 0))
		remember_move(image, ring, block, lifetime_ns);
	else if (event->domain == DOMAIN_MALLOC)
		note_temporary(image, trace, event->addr, block.size);
	account_free(image, &block);
}

static void on_free(struct image *image, struct image_ring *ring, const struct event *event)
{
	struct live_block block;

	ring->moving = false;
	if (event->tick < image->latest && live_find(&image->live, event->domain, event->addr, &block) &&
		block.tick > event->tick)
		return;
	free_block(image, ring, event);
}

static void put_back(struct image *image, struct image_move *move)
{
	move->valid = false;
	if (!live_add(&image->live, &move->block))
		return;
	if (is_sampled(image, &move->block))
		account_sampled(image, move->block, ACCOUNT_UNFREE);
	else
		ledger_unfree(&image->ledger, move->block.trace, move->block.size, 1);
	ledger_unlived(&image->ledger, move->block.trace, move->block.size, move->lifetime_ns);
}

static void on_undo(struct image *image, struct image_ring *ring, const struct event *event)
{
	forget_cleared(image, ring);
	for (uint32_t back = 1; back <= IMAGE_MOVES; back++) {
		struct image_move *move = &ring->moves[(ring->next_move - back) % IMAGE_MOVES];

		if (move->valid && move->block.addr == event->addr && move->block.domain == event->domain) {
			put_back(image, move);
			return;
		}
	}
	image_undo_unmap(image, &ring->cuts, event);
}

/* No address space holds more; a larger size was never allocated, it is damage. */
#define BLOCK_MAX (1ull << 48)

static void on_other(struct image *image, struct image_ring *ring, const struct event *event)
{
	switch (event->type) {
	case EVENT_UNDO:
		on_undo(image, ring, event);
		break;
	case EVENT_MAP:
		image_map(image, ring->thread, event);
		break;
	case EVENT_UNMAP:
		forget_cleared(image, ring);
		image_unmap(image, &ring->cuts, event);
		break;
	case EVENT_RESET_PEAK:
		ledger_reset_peak(&image->ledger);
		break;
	case EVENT_ASK:
		image->asks += ring->ask.type != EVENT_ASK;
		ring->ask = *event;
		break;
	default:
		image->clears++;
		live_clear(&image->live);
		ranges_release(&image->ranges);
		ledger_clear(&image->ledger);
		break;
	}
}

void image_event(struct image *image, struct image_ring *ring, const struct event *event)
{
	if (event->size > BLOCK_MAX) {
		image->bad_stream = true;
		return;
	}
	image->events++;
	if (event->type == EVENT_ALLOC)
		on_alloc(image, ring, event);
	else if (event->type == EVENT_FREE || event->type == EVENT_MOVE)
		on_free(image, ring, event);
	else
		on_other(image, ring, event);
	ring->last_was_move = event->type == EVENT_MOVE;
	if (event->tick > image->latest)
		image->latest = event->tick;
}

/* The short records of the rest of a stream: the same as image_event, without the ways around. */
void image_words(struct image *image, struct image_ring *ring, struct decode_stream *stream, uint64_t until)
{
	const bool large = live_is_large(&image->live);
	enum event_type last = ring->last_was_move ? EVENT_MOVE : EVENT_ALLOC;
	struct decode_cursor cursor = stream->cursor;
	uint64_t n = 0;

	if (cursor.tick < image->latest)
		return;
	for (; decode_peek(&cursor, until); n++) {
		struct event event;

		if (__builtin_expect(large && cursor.at >= stream->asked, 0)) {
			stream->cursor = cursor;
			ahead_ask(image, ring, stream);
		}
		decode_short(&cursor, &event);
		if (event.type == EVENT_ALLOC) {
			if (__builtin_expect(last == EVENT_MOVE, 0))
				note_resize(image, ring, event);
			add_block(image, ring, &event);
		} else {
			free_block(image, ring, &event);
		}
		last = event.type;
	}
	if (n)
		ring->last_was_move = last == EVENT_MOVE;
	image->events += n;
	image->latest = cursor.tick;
	stream->cursor = cursor;
}

void image_ring_end(struct image *image, struct image_ring *ring)
{
	struct image_move *last = &ring->moves[(ring->next_move - 1) % IMAGE_MOVES];

	forget_cleared(image, ring);
	/* Of a sample the realloc has come back, most likely, with a block that is not told. */
	if (ring->last_was_move && last->valid && !image->interval)
		put_back(image, last);
	ring->last_was_move = false;
	free(ring->cuts.items);
	memset(&ring->cuts, 0, sizeof ring->cuts);
}

static void add_sentence(struct image *image, const char *format, va_list arguments)
{
	char text[400];

	vsnprintf(text, sizeof text, format, arguments);
	for (size_t i = 0; i < image->problems.count; i++)
		if (strcmp(image->problems.items[i], text) == 0)
			return;
	*ARRAY_PUSH(&image->problems) = xstrdup(text);
}

void image_problem(struct image *image, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_sentence(image, format, arguments);
	va_end(arguments);
	image->incomplete = true;
}

void image_note(struct image *image, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_sentence(image, format, arguments);
	va_end(arguments);
}
