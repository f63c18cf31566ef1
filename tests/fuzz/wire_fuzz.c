/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader of what the watched program sends: input is a pipe's bytes with chunks of records in it, as with --transport pipe,
 * for a pool where one process and four slots are claimed. Whatever comes, a sound snapshot is made of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "record/inbox.h"

static struct pool pool;

static void make_pool(void)
{
	pool.memory_fd = pool.pipe_read = pool.pipe_write = -1;
	pool.head = calloc(1, WIRE_RINGS_AT);
	pool.processes = (void *)((uint8_t *)pool.head + WIRE_PROCESSES_AT);
	pool.slots = (void *)((uint8_t *)pool.head + WIRE_SLOTS_AT);
	pool.head->transport = WIRE_TRANSPORT_PIPE;
	pool.head->next_slot = 4;
	pool.processes[0].state = WIRE_PROCESS_LIVE;
	pool.processes[0].generation = 1;
	for (uint32_t slot = 0; slot < 4; slot++) {
		pool.slots[slot].state = WIRE_SLOT_LIVE;
		pool.slots[slot].process_generation = 1;
		pool.slots[slot].tid = (int32_t)slot + 1;
		pool.slots[slot].capacity = WIRE_RING_MIN;
	}
}

static void fail(const struct error *err)
{
	fprintf(stderr, "fuzz: unsound: %s\n", err->text);
	abort();
}

static void check(struct image *image)
{
	const struct image_state state = { .moment = "exit", .ended = true, .blocks = true, .directory = "", .host = "", .version = "" };
	struct error err = ERROR_INIT;
	struct snapshot *snapshot = image_snapshot(image, &state);

	if (snapshot_sum(snapshot, &err) == 0 && snapshot_check(snapshot, &err) < 0)
		fail(&err);
	snapshot_free(snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader;

	if (!pool.head)
		make_pool();
	reader_init(&reader, &pool, 1);
	while (size >= sizeof(struct wire_message)) {
		struct wire_message head;

		memcpy(&head, data, sizeof head);
		head.magic = WIRE_MESSAGE_MAGIC;
		head.kind %= 12;
		head.process = 0;
		head.generation = 1;
		head.size = (uint16_t)(sizeof head + head.size % 512);
		if (head.size > size)
			head.size = (uint16_t)size;
		uint8_t *message = malloc(head.size);
		memcpy(message, data, head.size);
		memcpy(message, &head, sizeof head);
		reader_message(&reader, message, head.size);
		free(message);
		data += head.size;
		size -= head.size;
	}
	reader_round(&reader);
	for (size_t i = 0; i < reader.processes.count; i++) {
		reader_finish(&reader, reader.processes.items[i]);
		check(reader.processes.items[i]->image);
	}
	reader_release(&reader);
	return 0;
}
