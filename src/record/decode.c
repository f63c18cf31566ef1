/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words are copied out of the ring before they are looked at: the watched program can write there while we read,
 * and what was checked must be what is used. The copy costs about a nanosecond an event and frees the ring early.
 */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "record/decode.h"

/* Words that have been read go, when they are more than those that wait: what waits is moved seldom. */
static void make_room(struct decode_stream *stream, size_t count)
{
	size_t at = stream->cursor.at;

	if (at >= stream->count - at) {
		stream->count -= at;
		stream->asked = 0;
		stream->cursor.at = 0;
		if (stream->count)
			memmove(stream->cursor.words, stream->cursor.words + at, stream->count * sizeof *stream->cursor.words);
	}
	if (stream->count + count > stream->capacity) {
		stream->capacity = (stream->count + count) * 2;
		stream->cursor.words = xreallocarray(stream->cursor.words, stream->capacity, sizeof *stream->cursor.words);
	}
}

void decode_append(struct decode_stream *stream, const uint64_t *words, size_t count)
{
	if (!count || stream->bad)
		return;
	make_room(stream, count);
	memcpy(stream->cursor.words + stream->count, words, count * sizeof *words);
	stream->count += count;
	stream->cursor.limit = stream->count;
}

void decode_release(struct decode_stream *stream)
{
	free(stream->cursor.words);
	memset(stream, 0, sizeof *stream);
}

/* How many words each kind must have at least; 0: no such kind. */
static const uint8_t kind_words[64] = {
	[WIRE_TIME] = 2, [WIRE_NODE] = 3, [WIRE_ALLOC_ANY] = 5, [WIRE_FREE_ANY] = 3, [WIRE_MOVE_ANY] = 3,
	[WIRE_UNDO] = 3, [WIRE_MAP] = 5, [WIRE_UNMAP] = 4, [WIRE_MESSAGE] = 1, [WIRE_THREAD] = 3, [WIRE_CLEAR] = 2,
	[WIRE_RESET_PEAK] = 2, [WIRE_ASK] = 5,
};

/* The kinds that are events. */
static void decode_event(enum wire_kind kind, const uint64_t *words, struct event *event)
{
	static const uint8_t types[64] = {
		[WIRE_ALLOC_ANY] = EVENT_ALLOC, [WIRE_FREE_ANY] = EVENT_FREE, [WIRE_MOVE_ANY] = EVENT_MOVE,
		[WIRE_UNDO] = EVENT_UNDO, [WIRE_MAP] = EVENT_MAP, [WIRE_UNMAP] = EVENT_UNMAP,
		[WIRE_CLEAR] = EVENT_CLEAR, [WIRE_RESET_PEAK] = EVENT_RESET_PEAK, [WIRE_ASK] = EVENT_ASK,
	};

	*event = (struct event){ .type = types[kind], .domain = (uint32_t)(words[0] >> 16) };
	if (kind == WIRE_CLEAR || kind == WIRE_RESET_PEAK)
		return;
	if (kind == WIRE_ASK) {
		event->size = words[2];
		event->addr = words[3];
		event->trace = (uint32_t)words[4];
		return;
	}
	event->addr = words[2];
	if (kind == WIRE_ALLOC_ANY || kind == WIRE_MAP || kind == WIRE_UNMAP)
		event->size = words[3];
	if (kind == WIRE_ALLOC_ANY || kind == WIRE_MAP)
		event->trace = (uint32_t)words[4];
}

/* A ring's ticks do not fall, whatever the program has written there. */
static void set_tick(struct decode_stream *stream, uint64_t tick)
{
	if (tick > stream->cursor.tick)
		stream->cursor.tick = tick;
}

/* A record of the long form; true when it is an event. */
static bool decode_other(struct decode_stream *stream, const uint64_t *words, const struct decode_sink *sink,
	struct event *event)
{
	enum wire_kind kind = words[0] >> 2 & 63;
	size_t bytes = words[0] >> 16;

	switch (kind) {
	case WIRE_TIME:
		set_tick(stream, words[1]);
		return false;
	case WIRE_NODE:
		sink->node(sink->context, (uint32_t)(words[1] >> 32), (uint32_t)words[1], words[2],
			(uint32_t)(words[0] >> 16));
		return false;
	case WIRE_THREAD:
		set_tick(stream, words[1]);
		sink->thread(sink->context, (int32_t)words[2]);
		return false;
	case WIRE_MESSAGE:
		if (bytes <= ((words[0] >> 8 & 255) - 1) * 8)
			sink->message(sink->context, words + 1, bytes);
		return false;
	default:
		set_tick(stream, words[1]);
		decode_event(kind, words, event);
		event->tick = stream->cursor.tick;
		return true;
	}
}

/* Words of the record at the stream's place; 0: it is none. */
static size_t record_words(const struct decode_stream *stream)
{
	uint64_t word = stream->cursor.words[stream->cursor.at], need = word >> 8 & 255;

	if ((word & 3) != WIRE_OTHER)
		return (word & 3) == WIRE_ALLOC ? 2 : 1;
	return kind_words[word >> 2 & 63] && need >= kind_words[word >> 2 & 63] ? need : 0;
}

int decode_slow(struct decode_stream *stream, const struct decode_sink *sink, struct event *event)
{
	while (stream->cursor.at < stream->count) {
		const uint64_t *words = stream->cursor.words + stream->cursor.at;
		size_t need = record_words(stream);

		if (!need) {
			stream->bad = true;
			stream->cursor.at = stream->cursor.limit = stream->count = stream->asked = 0;
			return 0;
		}
		if (stream->cursor.at + need > stream->count)
			return 0;
		if ((words[0] & 3) != WIRE_OTHER) {
			decode_short(&stream->cursor, event);
			return 1;
		}
		stream->cursor.at += need;
		if (decode_other(stream, words, sink, event))
			return 1;
	}
	return 0;
}
