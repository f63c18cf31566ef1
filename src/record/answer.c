/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A question has its place among the events, so when a round is over all that came before it is in the accounts, and whoever
 * asked still waits: the present is the answer. A question that is not of ours, or whose snapshot nobody described, is answered
 * with -EINVAL rather than never.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/answer.h"
#include "record/inbox.h"

static void put(struct reader *reader, uint32_t slot, uint64_t number, const struct wire_answer *answer)
{
	struct wire_slot *entry = &reader->pool->slots[slot];

	entry->answer = *answer;
	atomic_store_explicit(&entry->answered, number, memory_order_release);
}

static void answer_traced(const struct image *image, struct wire_answer *answer)
{
	uint64_t live = image->ledger.allocated.size - image->ledger.freed.size;

	answer->count = 2;
	answer->values[0] = live;
	answer->values[1] = image->ledger.peak.size > live ? image->ledger.peak.size : live;
}

static const struct image_node *node_at(const struct image *image, uint32_t id)
{
	return id && id < image->nodes.count && (image->nodes.items[id].flags & NODE_SEEN) ? &image->nodes.items[id] : NULL;
}

/* The frames of trace ID from SKIP on. Parents have lower ids, so it ends. */
static void answer_stack(const struct image *image, uint32_t id, uint64_t skip, struct wire_answer *answer)
{
	uint64_t frames = 0;

	answer->count = 2;
	answer->values[0] = id;
	for (const struct image_node *node = node_at(image, id); node; node = node_at(image, node->parent)) {
		if (node->flags & WIRE_NODE_CUT)
			continue;
		if (frames++ >= skip && answer->count < WIRE_ANSWER_VALUES)
			answer->values[answer->count++] = node->pc;
	}
	answer->values[1] = frames;
}

/* The account of the block that begins at ADDR, of libc's allocator or else of one of the program's own, or of the mapping
 * that holds it; UINT32_MAX: there is none. */
static uint32_t trace_of(struct image *image, uint64_t addr)
{
	const struct ledger *ledger = &image->ledger;
	struct live_block block;
	uint32_t trace;

	if (live_find(&image->live, DOMAIN_MALLOC, addr, &block))
		return block.trace;
	for (size_t i = 0; i < ledger->traces.count; i++)
		if (ledger->traces.items[i].domain >= WIRE_DOMAIN_OWN &&
			live_find(&image->live, ledger->traces.items[i].domain, addr, &block))
			return block.trace;
	trace = ranges_trace(&image->ranges, DOMAIN_MMAP, addr);
	return trace != UINT32_MAX ? trace : ranges_trace(&image->ranges, DOMAIN_BRK, addr);
}

static void answer_block(struct image *image, uint64_t addr, struct wire_answer *answer)
{
	uint32_t trace = trace_of(image, addr);

	if (trace == UINT32_MAX)
		answer->status = -ENOENT;
	else
		answer_stack(image, image->ledger.traces.items[trace].stack, 0, answer);
}

/* False: it takes a while. */
static bool answer_ring(struct ring *ring, struct wire_answer *answer)
{
	struct image *image = ring->process->image;
	const struct event *ask = &ring->image.ask;

	switch ((enum wire_question)ask->domain) {
	case WIRE_ASK_TRACED:
		answer_traced(image, answer);
		return true;
	case WIRE_ASK_BLOCK:
		answer_block(image, ask->addr, answer);
		return true;
	case WIRE_ASK_STACK:
		answer_stack(image, (uint32_t)ask->addr, ask->trace, answer);
		return true;
	case WIRE_ASK_LEAKS:
		ring->wish.number = ask->size;
		ring->wish.leaks = true;
		ring->wish.stack = ask->addr;
		return false;
	case WIRE_ASK_SNAPSHOT:
		if (ring->wish.number == ask->size && (ring->wish.path || ring->wish.label))
			return false;
		break;
	}
	answer->status = -EINVAL;
	return true;
}

void answer_process(struct reader *reader, struct reader_process *process)
{
	if (!process->image->asks)
		return;
	process->image->asks = 0;
	for (size_t i = 0; i < process->rings.count; i++) {
		struct ring *ring = process->rings.items[i];
		struct wire_answer answer = { 0 };

		if (ring->image.ask.type != EVENT_ASK)
			continue;
		ring->image.ask.type = EVENT_ALLOC;
		if (answer_ring(ring, &answer)) {
			put(reader, ring->slot, ring->image.ask.size, &answer);
			continue;
		}
		ring->wish.wanted = true;
		reader->wishes++;
	}
}

bool answer_next_snapshot(struct reader *reader, struct answer_wish *wish)
{
	for (uint32_t slot = 0; reader->wishes && slot < WIRE_SLOTS; slot++) {
		struct ring *ring = reader->rings[slot];

		if (!ring || !ring->wish.wanted)
			continue;
		reader->wishes--;
		*wish = (struct answer_wish){ ring->process, slot, ring->process->generation, ring->wish.number,
			ring->wish.path, ring->wish.label, ring->wish.leaks, ring->wish.stack };
		memset(&ring->wish, 0, sizeof ring->wish);
		atomic_store_explicit(&reader->pool->slots[slot].answered, wish->number | WIRE_ANSWER_TAKEN,
			memory_order_release);
		return true;
	}
	reader->wishes = 0;
	return false;
}

void answer_give(struct reader *reader, const struct answer_wish *wish, int status)
{
	const struct wire_answer answer = { .status = status };
	const struct ring *ring = reader->rings[wish->slot];

	if (ring && ring->process == wish->process && ring->process->generation == wish->generation)
		put(reader, wish->slot, wish->number, &answer);
}

static char *text_of(const uint8_t *data, size_t size)
{
	return size ? xstrndup((const char *)data, size) : NULL;
}

void answer_note_wish(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size)
{
	struct wire_snapshot wire;
	struct ring *ring;

	if (size < sizeof wire)
		return;
	memcpy(&wire, data, sizeof wire);
	ring = reader_ring(reader, wire.slot);
	size -= sizeof wire;
	if (!ring || ring->process != process || wire.path_size > size || ring->wish.wanted)
		return;
	free(ring->wish.path);
	free(ring->wish.label);
	ring->wish.number = wire.number;
	ring->wish.path = text_of(data + sizeof wire, wire.path_size);
	ring->wish.label = text_of(data + sizeof wire + wire.path_size, size - wire.path_size);
}
