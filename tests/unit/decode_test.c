/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of a ring to events, cut anywhere. */
#include <criterion/criterion.h>
#include <string.h>
#include "record/decode.h"

struct seen {
	uint32_t nodes, threads, messages;
	uint64_t pc;
};

static void node(void *context, uint32_t id, uint32_t parent, uint64_t pc, uint32_t flags)
{
	struct seen *seen = context;

	cr_assert_eq(id, 9);
	cr_assert_eq(parent, 4);
	cr_assert_eq(flags, WIRE_NODE_CUT);
	seen->nodes++;
	seen->pc = pc;
}

static void thread(void *context, int32_t tid)
{
	cr_assert_eq(tid, 77);
	((struct seen *)context)->threads++;
}

static void message(void *context, const void *data, size_t size)
{
	cr_assert_eq(size, 5);
	cr_assert_eq(memcmp(data, "hello", 5), 0);
	((struct seen *)context)->messages++;
}

static const uint64_t words[] = {
	2 << 8 | WIRE_TIME << 2 | WIRE_OTHER, 1000,
	(uint64_t)5 << 46 | (0x7f0000001230 >> 3) << 2 | WIRE_ALLOC, (uint64_t)3 << 32 | 48,
	(uint64_t)WIRE_NODE_CUT << 16 | 3 << 8 | WIRE_NODE << 2 | WIRE_OTHER, (uint64_t)9 << 32 | 4, 4711,
	(uint64_t)7 << 46 | (0x7f0000001230 >> 3) << 2 | WIRE_FREE,
	3 << 8 | WIRE_THREAD << 2 | WIRE_OTHER, 1020, 77,
	(uint64_t)5 << 16 | 2 << 8 | WIRE_MESSAGE << 2 | WIRE_OTHER, 0x6f6c6c6568,
	(uint64_t)100 << 16 | 5 << 8 | WIRE_ALLOC_ANY << 2 | WIRE_OTHER, 1030, 0x1001, 1ull << 33, 6,
	(uint64_t)1 << 46 | (0x20 >> 3) << 2 | WIRE_MOVE,
};
enum { N_WORDS = sizeof words / sizeof *words };

static void check(const struct event *events)
{
	cr_assert_eq(events[0].type, EVENT_ALLOC);
	cr_assert_eq(events[0].tick, 1005);
	cr_assert_eq(events[0].addr, 0x7f0000001230);
	cr_assert_eq(events[0].size, 48);
	cr_assert_eq(events[0].trace, 3);
	cr_assert_eq(events[1].type, EVENT_FREE);
	cr_assert_eq(events[1].tick, 1012);
	cr_assert_eq(events[2].type, EVENT_ALLOC);
	cr_assert_eq(events[2].domain, 100);
	cr_assert_eq(events[2].addr, 0x1001);
	cr_assert_eq(events[2].size, 1ull << 33);
	cr_assert_eq(events[2].trace, 6);
	cr_assert_eq(events[3].type, EVENT_MOVE);
	cr_assert_eq(events[3].tick, 1031);
}

/* In two portions, cut at every word: a record that is not whole waits for its rest. */
Test(decode, every_cut)
{
	for (size_t cut = 0; cut <= N_WORDS; cut++) {
		struct seen seen = { 0 };
		struct decode_sink sink = { &seen, node, thread, message };
		struct decode_stream stream = { 0 };
		struct event events[5];
		size_t count = 0;

		decode_append(&stream, words, cut);
		while (decode_next(&stream, &sink, &events[count]))
			cr_assert_lt(++count, 5);
		decode_append(&stream, words + cut, N_WORDS - cut);
		while (decode_next(&stream, &sink, &events[count]))
			cr_assert_lt(++count, 5);
		cr_assert_eq(count, 4);
		check(events);
		cr_assert_eq(seen.nodes, 1);
		cr_assert_eq(seen.threads, 1);
		cr_assert_eq(seen.messages, 1);
		cr_assert_eq(seen.pc, 4711);
		cr_assert_not(stream.bad);
		decode_release(&stream);
	}
}

Test(decode, garbage_ends_the_stream)
{
	const uint64_t garbage[] = { 63 << 2 | 2 << 8 | WIRE_OTHER, 1, (0x20 >> 3) << 2 | WIRE_FREE };
	const uint64_t too_short[] = { WIRE_ALLOC_ANY << 2 | 2 << 8 | WIRE_OTHER, 1, 2, 3, 4 };
	const uint64_t empty[] = { WIRE_TIME << 2 | WIRE_OTHER, 1 };
	const uint64_t *const all[] = { garbage, too_short, empty };
	struct seen seen = { 0 };
	struct decode_sink sink = { &seen, node, thread, message };
	struct event event;

	for (size_t i = 0; i < 3; i++) {
		struct decode_stream stream = { 0 };

		decode_append(&stream, all[i], 2);
		cr_assert_eq(decode_next(&stream, &sink, &event), 0);
		cr_assert(stream.bad);
		decode_release(&stream);
	}
}

/* A ring's ticks do not fall, whatever its records say. */
Test(decode, ticks_do_not_fall)
{
	const struct decode_sink sink = { NULL, node, thread, message };
	const uint64_t words[] = {
		wire_other(WIRE_TIME, 2, 0), 100, wire_word(WIRE_FREE, 0x10, 5), wire_other(WIRE_TIME, 2, 0), 50,
		wire_word(WIRE_FREE, 0x10, 0), wire_other(WIRE_FREE_ANY, 3, 0), 20, 0x10, wire_word(WIRE_FREE, 0x10, 1),
	};
	static const uint64_t ticks[] = { 105, 105, 105, 106 };
	struct decode_stream stream = { 0 };
	struct event event;

	decode_append(&stream, words, sizeof words / sizeof *words);
	for (size_t i = 0; i < 4; i++) {
		cr_assert(decode_next(&stream, &sink, &event));
		cr_assert_eq(event.tick, ticks[i]);
	}
	cr_assert_eq(decode_next(&stream, &sink, &event), 0);
	decode_release(&stream);
}
