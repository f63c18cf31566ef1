/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzes the reader of .snap files. What it accepts must be sound: it is walked by every index,
 * passes the check, and gives, written again, a file that is read as the same bytes once more.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/bytes.h"
#include "fuzz.h"
#include "memtrace/format.h"
#include "model/snapshot.h"

static uint64_t walk(const struct snapshot *snapshot)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];
		size_t depth = 0;

		sum += snapshot->domains.items[trace->domain].id;
		/* Deep stacks of many traces are a matter of patience, not of soundness. */
		for (uint32_t at = trace->stack; at && depth < 1000; depth++) {
			const struct stack *stack = &snapshot->stacks.items[at];
			const struct location *location =
				&snapshot->locations.items[stack->location];
			const struct frame *frame = &snapshot->frames.items[location->first_frame];

			for (; frame->flags & FRAME_INLINED; frame++)
				sum += strings_size(snapshot->strings, frame->filename);
			at = stack->parent;
		}
	}
	return sum;
}

static void write_again(const struct snapshot *snapshot)
{
	struct error err = ERROR_INIT;
	struct buffer first = {0}, second = {0};

	snapshot_encode(snapshot, &first);
	struct snapshot *again = snapshot_decode(first.data, first.size, &err);

	if (!again)
		abort();
	snapshot_encode(again, &second);
	if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0)
		abort();
	snapshot_free(again);
	buffer_free(&first);
	buffer_free(&second);
}

/* So that the walk is not optimised away. */
volatile uint64_t walked;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	struct snapshot *snapshot = snapshot_decode(data, size, &err);

	if (!snapshot) {
		/* A refusal is a line, and one for the user. */
		if (err.text[0] == '\0' || err.status != EXIT_BAD_INPUT)
			abort();
		return 0;
	}
	if (snapshot_check(snapshot, &err) < 0)
		abort();
	walked += walk(snapshot);
	write_again(snapshot);
	snapshot_free(snapshot);
	return 0;
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Magic, version, length, checksums and end mark; what the mutation did to the rest stays. */
size_t fuzz_fix(uint8_t *data, size_t size, size_t capacity)
{
	if (size < FORMAT_HEAD_SIZE + FORMAT_CRC_SIZE + FORMAT_END_SIZE || size > capacity)
		return size;
	memcpy(data, FORMAT_MAGIC, FORMAT_MAGIC_SIZE);
	put(data + 8, FORMAT_VERSION, 4);
	put(data + 16, size, 8);
	memcpy(data + size - FORMAT_END_SIZE, FORMAT_END, FORMAT_END_SIZE);
	struct cursor head = cursor_over(data + 12, 4);
	size_t n = cursor_u32(&head), room = size - FORMAT_HEAD_SIZE - FORMAT_CRC_SIZE;

	if (n > room / FORMAT_ENTRY_SIZE)
		return size;
	size_t table_end = FORMAT_HEAD_SIZE + n * FORMAT_ENTRY_SIZE;
	size_t at = table_end + FORMAT_CRC_SIZE, end = size - FORMAT_END_SIZE;

	for (size_t i = 0; i < n; i++) {
		uint8_t *entry = data + FORMAT_HEAD_SIZE + i * FORMAT_ENTRY_SIZE;
		struct cursor cursor = cursor_over(entry + 16, 8);
		uint64_t stored = cursor_u64(&cursor);

		if (at > end || stored > end - at)
			break;
		/* The last takes up what insertions and cuts have left over. */
		if (i == n - 1) {
			put(entry + 16, end - at, 8);
			if (entry[4] == FORMAT_RAW)
				put(entry + 8, end - at, 8);
			stored = end - at;
		}
		put(entry + 24, crc32_z(0, data + at, stored), 4);
		at += stored;
	}
	put(data + table_end, crc32_z(0, data, table_end), 4);
	return size;
}
