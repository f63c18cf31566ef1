/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With many blocks in no order each event waits for memory several times, one after another: 200 ns at 2 million blocks.
 * Asked for together, 64 events wait for it once each time, 50 ns an event.
 *
 * But most programs go through their heaps in some order however large those are, and then the asking is all that it costs
 * (6 of 24 ns). So the records say whether it pays: if 64 of them lie in fewer than 24 pages (and so the accounts,
 * where those are many), neither they nor the 448 after them are asked for.
 */
#include "record/ahead.h"

enum { RECORDS = 64, PASSED_OVER = 7, MANY_TRACES = 1 << 13 };

struct coming {
	uint64_t addr;
	uint32_t trace, size;
	bool adds;
};

/* In rounds: where a block's page is noted; its head, and an allocation's counters; its cell; a free's counters. Each
 * round reads what the one before has asked for. */
static void ask(const struct image *image, const struct image_ring *ring, const struct coming *next, uint32_t n)
{
	const struct live *live = &image->live;
	uint32_t trace;

	for (uint32_t i = 0; i < n; i++)
		live_prefetch_place(live, next[i].addr);
	for (uint32_t i = 0; i < n; i++) {
		live_prefetch_page(live, next[i].addr);
		if (next[i].adds)
			ledger_prefetch(&image->ledger, next[i].trace, ring->thread, next[i].size);
	}
	for (uint32_t i = 0; i < n; i++)
		live_prefetch_cell(live, next[i].addr, next[i].adds);
	for (uint32_t i = 0; i < n; i++)
		if (!next[i].adds && (trace = live_peek_trace(live, next[i].addr)) != UINT32_MAX)
			ledger_prefetch_all(&image->ledger, trace);
}

/* Which of 256 numbers have come up. */
struct marks {
	uint64_t words[4];
};

static void mark(struct marks *marks, uint64_t number)
{
	marks->words[number / 64 % 4] |= 1ull << number % 64;
}

/* Whether N things have left so many marks that they lie far from each other. */
static bool are_scattered(const struct marks *marks, uint32_t n)
{
	uint32_t count = 0;

	for (size_t i = 0; i < 4; i++)
		count += (uint32_t)__builtin_popcountll(marks->words[i]);
	return count * 8 >= n * 3;
}

void ahead_ask(const struct image *image, const struct image_ring *ring, struct decode_stream *stream)
{
	struct marks pages = { 0 }, traces = { 0 };
	struct coming next[RECORDS];
	size_t at = stream->cursor.at;
	uint32_t n = 0, adds = 0;

	for (; n < RECORDS && at + 2 <= stream->cursor.limit; n++) {
		uint64_t word = stream->cursor.words[at], addr = wire_word_addr(word);

		if ((word & 3) == WIRE_OTHER)
			break;
		next[n] = (struct coming){ addr, (uint32_t)(stream->cursor.words[at + 1] >> 32),
			(uint32_t)stream->cursor.words[at + 1], (word & 3) == WIRE_ALLOC };
		at += 1u + next[n].adds;
		adds += next[n].adds;
		mark(&pages, addr / PAGE_SIZE);
		if (next[n].adds)
			mark(&traces, next[n].trace);
	}
	stream->asked = at;
	if (are_scattered(&pages, n) ||
		(image->ledger.traces.count > MANY_TRACES && adds >= n / 8 && are_scattered(&traces, adds)))
		ask(image, ring, next, n);
	else if (n == RECORDS)
		stream->asked += PASSED_OVER * (at - stream->cursor.at);
}
