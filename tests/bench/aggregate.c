/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the aggregator costs by itself: words as the shim writes them, made here and laid into the rings of a pool that is
 * ordinary memory; the reader is the real one, and only its rounds are timed (CPU time of this thread). Three loads:
 *
 *   usual    64 k live blocks, 2000 traces, most frees soon after their allocation
 *   large    10 million live blocks, 100 000 traces, random frees; also the memory of a live block, all included, and
 *            the longest round of at most 64 events while they come to live, which shows where a table stops to grow
 *   rings    as usual, by 8 threads in turn
 *
 * Prints one JSON object; exits with 1 when what the reader counted is not what was written.
 *
 * aggregate [MILLIONS of events, default 20 [a load]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/memory.h"
#include "record/inbox.h"

enum {
	RING_WORDS = WIRE_RING_MAX / 8,
	ROUND_EVENTS = 1 << 14,
	RINGS = 8,
	RUN = 8,                 /* events of one thread in a row */
	USUAL_LIVE = 1 << 16,
	USUAL_TRACES = 2000,
	LARGE_LIVE = 10 * 1000 * 1000,
	LARGE_TRACES = 100 * 1000,
	LARGE_FREE = 4096,       /* addresses that wait to be used again */
	SMALL_ROUND = 64,
};

/* The writing end: a pool, and the state that a producer has for each ring. */
struct writer {
	struct pool pool;
	struct reader reader;
	uint64_t positions[RINGS], ticks[RINGS];
	uint32_t n_rings;
	uint64_t allocated, freed, random;
	double ns, longest_ns;
};

static uint64_t next_random(struct writer *writer)
{
	writer->random ^= writer->random << 13;
	writer->random ^= writer->random >> 7;
	return writer->random ^= writer->random << 17;
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double own_bytes(void)
{
	unsigned long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%lu %lu", &size, &resident) != 2)
		exit(1);
	fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static struct writer *writer_new(uint32_t n_rings)
{
	struct writer *writer = xcalloc(1, sizeof *writer);
	struct pool *pool = &writer->pool;

	pool->memory_fd = pool->pipe_read = pool->pipe_write = -1;
	pool->head = xcalloc(1, WIRE_RINGS_AT);
	pool->processes = (void *)((uint8_t *)pool->head + WIRE_PROCESSES_AT);
	pool->slots = (void *)((uint8_t *)pool->head + WIRE_SLOTS_AT);
	pool->head->next_slot = n_rings;
	pool->processes[0].state = WIRE_PROCESS_LIVE;
	pool->processes[0].generation = 1;
	for (uint32_t i = 0; i < n_rings; i++) {
		pool->slots[i].state = WIRE_SLOT_LIVE;
		pool->slots[i].process_generation = 1;
		pool->slots[i].tid = (int32_t)i + 1;
		pool->slots[i].capacity = WIRE_RING_MAX;
		pool->rings[i] = xmalloc(WIRE_RING_MAX);
		memset(pool->rings[i], 1, WIRE_RING_MAX);
	}
	writer->n_rings = n_rings;
	writer->random = 88172645463325252ull;
	reader_init(&writer->reader, pool, 1);
	return writer;
}

/* Ends the run: what the reader knows must be what was written. */
static void writer_free(struct writer *writer)
{
	struct image *image = writer->reader.processes.items[0]->image;

	reader_finish(&writer->reader, writer->reader.processes.items[0]);
	if (image->ledger.allocated.count != writer->allocated || image->ledger.freed.count != writer->freed ||
		image->unknown_frees || image->bad_stream) {
		fprintf(stderr, "aggregate: the reader has %lu and %lu, written were %lu and %lu\n",
			(unsigned long)image->ledger.allocated.count, (unsigned long)image->ledger.freed.count,
			(unsigned long)writer->allocated, (unsigned long)writer->freed);
		exit(1);
	}
	reader_release(&writer->reader);
	for (uint32_t i = 0; i < writer->n_rings; i++)
		free(writer->pool.rings[i]);
	free(writer->pool.head);
	free(writer);
}

static void put(struct writer *writer, uint32_t ring, uint64_t word)
{
	uint64_t *words = (uint64_t *)writer->pool.rings[ring];

	words[writer->positions[ring]++ % RING_WORDS] = word;
}

static uint64_t put_time(struct writer *writer, uint32_t ring)
{
	uint64_t now = pool_now(), delta = now - writer->ticks[ring];

	writer->ticks[ring] = now;
	if (delta < WIRE_DELTA_MAX)
		return delta;
	put(writer, ring, wire_other(WIRE_TIME, 2, 0));
	put(writer, ring, now);
	return 0;
}

static void put_alloc(struct writer *writer, uint32_t ring, uint64_t addr, uint64_t id_and_size)
{
	uint64_t delta = put_time(writer, ring);

	put(writer, ring, wire_word(WIRE_ALLOC, addr, delta));
	put(writer, ring, id_and_size);
	writer->allocated++;
}

static void put_free(struct writer *writer, uint32_t ring, uint64_t addr)
{
	uint64_t delta = put_time(writer, ring);

	put(writer, ring, wire_word(WIRE_FREE, addr, delta));
	writer->freed++;
}

static void read_round(struct writer *writer)
{
	double start, took;

	for (uint32_t i = 0; i < writer->n_rings; i++)
		writer->pool.slots[i].head = writer->positions[i];
	start = cpu_ns();
	reader_round(&writer->reader);
	took = cpu_ns() - start;
	writer->ns += took;
	if (took > writer->longest_ns)
		writer->longest_ns = took;
}

/* Few traces make most of the blocks. */
static uint64_t pick_trace(struct writer *writer, uint64_t traces)
{
	uint64_t bits = next_random(writer);

	return 1 + (bits & 0xffff) * (bits >> 16 & 0xffff) * traces / (1ull << 32);
}

static void put_nodes(struct writer *writer, uint64_t traces)
{
	for (uint64_t id = 1; id <= traces; id++) {
		put(writer, 0, wire_other(WIRE_NODE, 3, 0));
		put(writer, 0, id << 32 | (id - 1));
		put(writer, 0, 0x400000 + id * 16);
		if (id % 1024 == 0)
			read_round(writer);
	}
	read_round(writer);
	writer->ns = 0;
}

/* An allocator of 31 classes of 16 bytes each, last freed first used, and the blocks that it has given out. */
struct heap {
	struct heap_block { uint64_t addr; uint32_t class; } blocks[USUAL_LIVE * 2];
	size_t count;
	ARRAY(uint64_t) unused[32];
	uint64_t top;
};

static void heap_alloc(struct writer *writer, uint32_t ring, struct heap *heap)
{
	uint64_t bits = next_random(writer);
	uint32_t class = 1 + (bits & 31) * (bits >> 5 & 31) / 32;
	struct heap_block *block = &heap->blocks[heap->count++];

	block->class = class;
	if (heap->unused[class].count) {
		block->addr = heap->unused[class].items[--heap->unused[class].count];
	} else {
		block->addr = heap->top;
		heap->top += 16 + class * 16;
	}
	put_alloc(writer, ring, block->addr, pick_trace(writer, USUAL_TRACES) << 32 | class * 16);
}

static void heap_free(struct writer *writer, uint32_t ring, struct heap *heap)
{
	uint64_t bits = next_random(writer);
	size_t at = bits % 8 ? heap->count - 1 - bits / 8 % 32 : bits / 8 % heap->count;
	struct heap_block block = heap->blocks[at];

	heap->blocks[at] = heap->blocks[--heap->count];
	*ARRAY_PUSH(&heap->unused[block.class]) = block.addr;
	put_free(writer, ring, block.addr);
}

static double usual(uint32_t n_rings, uint64_t events)
{
	struct writer *writer = writer_new(n_rings);
	struct heap *heap = xcalloc(1, sizeof *heap);
	double ns;

	heap->top = 0x7f1200000010;
	put_nodes(writer, USUAL_TRACES);
	for (uint64_t i = 0; i < USUAL_LIVE + events; i++) {
		uint32_t ring = (uint32_t)(i / RUN % n_rings);

		if (i == USUAL_LIVE) {
			read_round(writer);
			writer->ns = 0;
		}
		if (heap->count < 64 || (heap->count < USUAL_LIVE && (i < USUAL_LIVE || next_random(writer) % 2)))
			heap_alloc(writer, ring, heap);
		else
			heap_free(writer, ring, heap);
		if (i % ROUND_EVENTS == 0)
			read_round(writer);
	}
	read_round(writer);
	ns = writer->ns / (double)events;
	for (size_t i = 0; i < 32; i++)
		ARRAY_FREE(&heap->unused[i]);
	free(heap);
	writer_free(writer);
	return ns;
}

struct large {
	double build_ns, ns, bytes, longest_us;
};

static void large_build(struct writer *writer, uint64_t *addrs, struct large *large)
{
	double before = own_bytes();
	uint64_t top = 0x7f1200000010;

	writer->longest_ns = 0;
	for (uint64_t i = 0; i < LARGE_LIVE; i++) {
		uint64_t size = 16 + next_random(writer) % 12 * 16;

		addrs[i] = top;
		top += size;
		put_alloc(writer, 0, addrs[i], pick_trace(writer, LARGE_TRACES) << 32 | (size - 8));
		if (i % SMALL_ROUND == 0)
			read_round(writer);
	}
	read_round(writer);
	large->build_ns = writer->ns / LARGE_LIVE;
	large->longest_us = writer->longest_ns / 1e3;
	large->bytes = (own_bytes() - before) / LARGE_LIVE;
}

static struct large large_run(uint64_t events)
{
	struct writer *writer = writer_new(1);
	uint64_t *addrs = xmalloc(LARGE_LIVE * sizeof *addrs), unused[LARGE_FREE];
	struct large large;

	memset(addrs, 1, LARGE_LIVE * sizeof *addrs);
	put_nodes(writer, LARGE_TRACES);
	large_build(writer, addrs, &large);
	for (uint64_t i = 0; i < LARGE_FREE; i++) {
		unused[i] = addrs[LARGE_LIVE - 1 - i];
		put_free(writer, 0, unused[i]);
	}
	read_round(writer);
	writer->ns = 0;
	for (uint64_t i = 0; i < events; i += 2) {
		uint64_t block = next_random(writer) % (LARGE_LIVE - LARGE_FREE), to = next_random(writer) % LARGE_FREE;
		uint64_t addr = unused[to];

		put_free(writer, 0, addrs[block]);
		put_alloc(writer, 0, addr, pick_trace(writer, LARGE_TRACES) << 32 | 64);
		unused[to] = addrs[block];
		addrs[block] = addr;
		if (i % ROUND_EVENTS == 0)
			read_round(writer);
	}
	read_round(writer);
	large.ns = writer->ns / (double)events;
	free(addrs);
	writer_free(writer);
	return large;
}

int main(int argc, char **argv)
{
	uint64_t events = (argc > 1 ? strtoull(argv[1], NULL, 10) : 20) * 1000000;
	const char *load = argc > 2 ? argv[2] : "", *separator = "{";

	for (uint32_t rings = 1; rings <= RINGS; rings += RINGS - 1)
		if (strstr(rings == 1 ? "usual" : "rings", load)) {
			printf("%s\"%s_ns\": %.2f", separator, rings == 1 ? "usual" : "rings", usual(rings, events));
			separator = ", ";
		}
	if (strstr("large", load)) {
		struct large large = large_run(events);

		printf("%s\"large_ns\": %.2f, \"large_build_ns\": %.2f, \"bytes_a_block\": %.1f, \"longest_us\": %.0f",
			separator, large.ns, large.build_ns, large.bytes, large.longest_us);
	}
	puts("}");
	return 0;
}
