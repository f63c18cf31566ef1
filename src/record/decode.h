/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of one ring (include/memtrace/wire.h, Records) to events. Nothing is trusted: a record that does not
 * parse makes the stream bad, and a bad stream gives nothing more.
 *
 * Time. A short record's tick can be stale: too early, never too late (reader.h says when). Whoever appends words may know
 * that all of them were written after some time, their floor. An event's tick is then the later of both, and never
 * earlier than the one before it.
 */
#ifndef RECORD_DECODE_H
#define RECORD_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"
#include "memtrace/wire.h"
#include "record/event.h"

/* What a stream carries beside events, handed out in its order. */
struct decode_sink {
	void *context;
	void (*node)(void *context, uint32_t id, uint32_t parent, uint64_t pc, uint32_t flags);
	void (*thread)(void *context, int32_t tid);
	void (*message)(void *context, const void *data, size_t size);
};

/* Words that were copied out of a ring and not read yet. A zeroed one is empty. */
struct decode_stream {
	uint64_t *words;
	size_t at, limit, count, capacity; /* from `limit` on another floor holds, or there is no more */
	size_t asked;            /* image_words has asked for the memory of the records before it */
	uint64_t tick;           /* of the last record, as it was written */
	uint64_t time;           /* of the last event, or the floor */
	ARRAY(struct { size_t at; uint64_t floor; }) marks; /* floors of words that wait, in their order; the first is at `limit` */
	bool bad;
};

/* WORDS, all written after FLOOR (0: nothing is known). */
void decode_append(struct decode_stream *stream, const uint64_t *words, size_t count, uint64_t floor);
void decode_release(struct decode_stream *stream);
/* The rest of decode_next: what is not a whole short record before the limit. */
int decode_slow(struct decode_stream *stream, const struct decode_sink *sink, struct event *event);

static inline void decode_short(struct decode_stream *stream, const uint64_t *words, struct event *event)
{
	/* Without a branch: what comes next is the program's choice, and there is one who must branch on it later. */
	uint64_t word = words[0], is_alloc = (word & 3) == WIRE_ALLOC, more = words[is_alloc] & -is_alloc;

	stream->at += 1 + is_alloc;
	stream->tick += word >> 46;
	stream->time = stream->tick > stream->time ? stream->tick : stream->time;
	event->type = (enum event_type)(word & 3);
	event->domain = 0;
	event->trace = (uint32_t)(more >> 32);
	event->tick = stream->time;
	event->addr = wire_word_addr(word);
	event->size = (uint32_t)more;
}

/* Whether a short record is next, and not after UNTIL. */
static inline bool decode_peek(const struct decode_stream *stream, uint64_t until)
{
	uint64_t word;

	if (__builtin_expect(stream->at + 2 > stream->limit, 0))
		return false;
	word = stream->words[stream->at];
	return (word & 3) != WIRE_OTHER && stream->tick + (word >> 46) <= until && stream->time <= until;
}

/* The next event; other records on the way go to SINK. 1: *event is it; 0: no whole record is left. */
static inline int decode_next(struct decode_stream *stream, const struct decode_sink *sink, struct event *event)
{
	if (__builtin_expect(stream->at + 2 > stream->limit || (stream->words[stream->at] & 3) == WIRE_OTHER, 0))
		return decode_slow(stream, sink, event);
	decode_short(stream, stream->words + stream->at, event);
	return 1;
}

#endif
