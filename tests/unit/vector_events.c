/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vectors of events, run on the recorder's image with a heap that answers as malloc would. */
#include "vector_events.h"

#include <criterion/criterion.h>
#include <string.h>
#include "record/image.h"

struct heap {
	struct image *image;
	struct image_ring ring;
	uint64_t tick, next_addr, addresses[256]; /* by the letter that names a block */
};

static void heap_begin(struct heap *heap)
{
	*heap = (struct heap){.image = image_new(1), .next_addr = 0x1000};
	heap->ring.thread = image_thread(heap->image, 1);
	for (uint32_t node = 1; node < 64; node++)
		image_node(heap->image, node, 0, node, 0);
}

static void heap_event(
	struct heap *heap, enum event_type type, uint32_t domain, uint64_t addr, uint64_t size)
{
	struct event event = {type, domain, 0, ++heap->tick, addr, size};

	image_event(heap->image, &heap->ring, &event);
}

/* Allocation by LINE, which is the number of the stack's node. */
static void heap_alloc(struct heap *heap, char name, uint64_t size, uint32_t line)
{
	struct event event = {EVENT_ALLOC, 0, line, ++heap->tick, heap->next_addr, size};

	heap->addresses[(uint8_t)name] = heap->next_addr;
	heap->next_addr += 0x10;
	image_event(heap->image, &heap->ring, &event);
}

static void heap_free(struct heap *heap, char name)
{
	if (heap->addresses[(uint8_t)name])
		heap_event(heap, EVENT_FREE, 0, heap->addresses[(uint8_t)name], 0);
	heap->addresses[(uint8_t)name] = 0;
}

void vector_events(const char *id, const json_t *vector)
{
	const json_t *events = json_object_get(vector, "events");
	const json_t *live = json_object_get(json_object_get(vector, "expect"), "live");
	bool stopped = false;
	struct heap heap;
	size_t count = 0;

	heap_begin(&heap);
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i);
		const char *what = json_string_value(json_array_get(event, 0));
		uint32_t domain = (uint32_t)json_integer_value(json_array_get(event, 1));
		uint64_t addr = (uint64_t)json_integer_value(json_array_get(event, 2));
		uint64_t size = (uint64_t)json_integer_value(json_array_get(event, 3));

		/* While stopped the library says nothing; stopping tells a clear. */
		if (strcmp(what, "start") == 0)
			stopped = false;
		else if (strcmp(what, "stop") == 0 || strcmp(what, "clear") == 0)
			heap_event(&heap, EVENT_CLEAR, 0, 0, 0);
		else if (!stopped)
			heap_event(
				&heap, *what == 't' ? EVENT_ALLOC : EVENT_FREE, domain, addr, size);
		stopped = stopped || strcmp(what, "stop") == 0;
	}
	for (size_t i = 0; i < json_array_size(live); i++) {
		const json_t *pair = json_array_get(live, i);
		int64_t domain = json_integer_value(json_array_get(pair, 0)), size = 0;

		for (size_t k = 0; k < heap.image->ledger.traces.count; k++) {
			struct ledger_trace *trace = &heap.image->ledger.traces.items[k];

			if (trace->domain == domain)
				size += (int64_t)ledger_live(trace).size;
		}
		cr_assert_eq(size, json_integer_value(json_array_get(pair, 1)), "%s", id);
		count++;
	}
	cr_assert_eq(heap.image->live.count, count, "%s", id);
	image_free(heap.image);
}

static uint64_t requested(const json_t *size)
{
	if (!json_is_array(size))
		return (uint64_t)json_integer_value(size);
	return (uint64_t)json_integer_value(json_array_get(size, 0)) *
	       (uint64_t)json_integer_value(json_array_get(size, 1));
}

static void check_live(const char *id, const struct image *image, const json_t *want)
{
	cr_assert_eq(image->live.count, json_array_size(want), "%s", id);
	for (size_t i = 0; i < json_array_size(want); i++) {
		const json_t *pair = json_array_get(want, i);
		uint64_t size = (uint64_t)json_integer_value(json_array_get(pair, 0));
		uint32_t line = (uint32_t)json_integer_value(json_array_get(pair, 1));
		bool found = false;

		for (size_t k = 0; k < image->ledger.traces.count; k++) {
			const struct ledger_trace *trace = &image->ledger.traces.items[k];

			found = found || (trace->stack == line && ledger_live(trace).size == size &&
						 ledger_live(trace).count == 1);
		}
		cr_assert(found, "%s: %lu bytes of line %u", id, size, line);
	}
}

void vector_alloc_events(const char *id, const json_t *vector)
{
	const json_t *after = json_object_get(json_object_get(vector, "expect"), "after");
	const json_t *events = json_object_get(vector, "events");
	size_t groups = json_array_size(after);
	struct heap heap;

	heap_begin(&heap);
	/* Each event is a group but the last two, which are one. */
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i);
		const char *what = json_string_value(json_array_get(event, 0));
		char name = *json_string_value(json_array_get(event, 1));
		bool frees = strcmp(what, "free") == 0;

		if (frees || strcmp(what, "realloc") == 0)
			heap_free(&heap, name);
		if (!frees)
			heap_alloc(&heap, name, requested(json_array_get(event, 2)),
				(uint32_t)json_integer_value(json_array_get(event, 3)));
		if (i + 1 < groups)
			check_live(id, heap.image, json_array_get(after, i));
	}
	check_live(id, heap.image, json_array_get(after, groups - 1));
	image_free(heap.image);
}
