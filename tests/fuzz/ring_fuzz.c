/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzes what stands in the shared pool: rings and their records, and the tables around them, which
 *the watched program can write over. Whatever stands there, every round ends and a sound snapshot
 *can be made of each process.
 *
 * Input: steps of an operation, an operand, a number and so many words:
 *
 *	0-2  the words are appended to a ring and published    3    a round
 *	4-6  a word over a slot, a process, the pool's head     7    a slot comes up
 *
 * All is ordinary memory here, four rings and three processes of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "record/inbox.h"

enum { RINGS = 4, PROCESSES = 3, RING_WORDS = WIRE_RING_MAX / 8, STEPS = 300 };

static struct pool pool;
static uint64_t written[RINGS]; /* words, of each ring's memory */

static void make_pool(void)
{
	pool.memory_fd = pool.pipe_read = pool.pipe_write = -1;
	pool.head = calloc(1, WIRE_RINGS_AT);
	pool.processes = (void *)((uint8_t *)pool.head + WIRE_PROCESSES_AT);
	pool.slots = (void *)((uint8_t *)pool.head + WIRE_SLOTS_AT);
	for (uint32_t i = 0; i < RINGS; i++)
		pool.rings[i] = calloc(1, WIRE_RING_MAX);
}

/* As before the first thread; one ring is up. */
static void reset_pool(void)
{
	memset(pool.head, 0, sizeof *pool.head);
	memset(pool.processes, 0, PROCESSES * sizeof *pool.processes);
	memset(pool.slots, 0, RINGS * sizeof *pool.slots);
	for (uint32_t i = 0; i < PROCESSES; i++) {
		pool.processes[i].state = WIRE_PROCESS_LIVE;
		pool.processes[i].generation = 1;
	}
	for (uint32_t i = 0; i < RINGS; i++) {
		pool.slots[i].process_generation = 1;
		pool.slots[i].tid = (int32_t)i + 1;
		pool.slots[i].capacity = WIRE_RING_MIN;
		memset(pool.rings[i], 0, (written[i] < RING_WORDS ? written[i] : RING_WORDS) * 8);
		written[i] = 0;
	}
	pool.slots[0].state = WIRE_SLOT_LIVE;
	pool.head->next_slot = pool.head->slots_live = 1;
}

static void append(uint32_t ring, const uint8_t *words, size_t count)
{
	uint64_t *memory = (uint64_t *)pool.rings[ring], capacity = pool.slots[ring].capacity / 8;

	if (!capacity || capacity > RING_WORDS)
		capacity = RING_WORDS;
	for (size_t i = 0; i < count; i++, words += 8)
		memcpy(&memory[written[ring]++ % capacity], words, 8);
	pool.slots[ring].head = written[ring];
}

static void write_over(void *table, size_t size, uint8_t operand, const uint8_t *word)
{
	memcpy((uint8_t *)table + operand * 8u % size, word, 8);
}

static void bring_up(uint32_t ring, uint8_t process)
{
	pool.slots[ring].process = process % PROCESSES;
	pool.slots[ring].state = WIRE_SLOT_LIVE;
	if (pool.head->next_slot <= ring)
		pool.head->next_slot = ring + 1;
	pool.head->slots_live++;
}

static void step(struct reader *reader, const uint8_t head[3], const uint8_t *words, size_t count)
{
	uint32_t ring = head[1] % RINGS;

	switch (head[0] % 8) {
	case 3:
		reader_round(reader);
		break;
	case 4:
		if (count)
			write_over(&pool.slots[ring], sizeof *pool.slots, head[1] / RINGS, words);
		break;
	case 5:
		if (count)
			write_over(&pool.processes[head[1] % PROCESSES], sizeof *pool.processes,
				head[1] / PROCESSES, words);
		break;
	case 6:
		if (count)
			write_over(pool.head, sizeof *pool.head, head[1], words);
		break;
	case 7:
		bring_up(ring, head[1] / RINGS);
		break;
	default:
		append(ring, words, count);
	}
}

static void check(struct image *image)
{
	const struct image_state state = {.moment = "exit",
		.ended = true,
		.blocks = true,
		.directory = "",
		.host = "",
		.version = ""};
	struct error err = ERROR_INIT;
	struct snapshot *snapshot = image_snapshot(image, &state);

	if (snapshot_sum(snapshot, &err) == 0 && snapshot_check(snapshot, &err) < 0) {
		fprintf(stderr, "fuzz: unsound: %s\n", err.text);
		abort();
	}
	snapshot_free(snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader *reader = malloc(sizeof *reader);

	if (!pool.head)
		make_pool();
	reset_pool();
	reader_init(reader, &pool, 1);
	for (int i = 0; i < STEPS && size >= 3; i++) {
		size_t count = data[2];

		if (count > (size - 3) / 8)
			count = (size - 3) / 8;
		step(reader, data, data + 3, count);
		data += 3 + count * 8;
		size -= 3 + count * 8;
	}
	reader_round(reader);
	reader_round(reader);
	for (size_t i = 0; i < reader->processes.count; i++) {
		reader_finish(reader, reader->processes.items[i]);
		check(reader->processes.items[i]->image);
	}
	reader_release(reader);
	free(reader);
	return 0;
}
