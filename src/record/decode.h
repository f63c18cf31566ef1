/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of one ring (include/memtrace/wire.h, Records) to events. Nothing is trusted: a record that does not
 * parse makes the stream bad, and a bad stream gives nothing more.
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

/* A place in a stream: the part of it that changes with each short record. */
struct decode_cursor {
	uint64_t *words;
	size_t at, limit;        /* image_words goes no further than `limit` */
	uint64_t tick;           /* of the last record */
};

/* Words that were copied out of a ring and not read yet. A zeroed one is empty. */
struct decode_stream {
	struct decode_cursor cursor;
	size_t count, capacity;
	size_t asked;            /* ahead.h has looked at the records before it */
	bool bad;
};

/* Sets the limit to the end of WORDS. */
void decode_append(struct decode_stream *stream, const uint64_t *words, size_t count);
void decode_release(struct decode_stream *stream);
/* The rest of decode_next: what is not a whole short record before the limit. */
int decode_slow(struct decode_stream *stream, const struct decode_sink *sink, struct event *event);

/* Takes the short record at CURSOR. */
static inline void decode_short(struct decode_cursor *cursor, struct event *event)
{
	/* Without a branch: what comes next is the program's choice, and there is one who must branch on it later. */
	const uint64_t *words = cursor->words + cursor->at;
	uint64_t word = words[0], is_alloc = (word & 3) == WIRE_ALLOC, more = words[is_alloc] & -is_alloc;

	cursor->at += 1 + is_alloc;
	cursor->tick += word >> 46;
	event->type = (enum event_type)(word & 3);
	event->domain = 0;
	event->trace = (uint32_t)(more >> 32);
	event->tick = cursor->tick;
	event->addr = wire_word_addr(word);
	event->size = (uint32_t)more;
}

/* Whether a short record is next, before the limit, and not after UNTIL. */
static inline bool decode_peek(const struct decode_cursor *cursor, uint64_t until)
{
	uint64_t word;

	if (__builtin_expect(cursor->at + 2 > cursor->limit, 0))
		return false;
	word = cursor->words[cursor->at];
	return (word & 3) != WIRE_OTHER && cursor->tick + (word >> 46) <= until;
}

/* The next event; other records on the way go to SINK. 1: *event is it; 0: no whole record is left. */
static inline int decode_next(struct decode_stream *stream, const struct decode_sink *sink, struct event *event)
{
	if (!decode_peek(&stream->cursor, UINT64_MAX))
		return decode_slow(stream, sink, event);
	decode_short(&stream->cursor, event);
	return 1;
}

#endif
