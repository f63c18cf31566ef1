/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words are copied out of the ring before they are looked at: the watched program can write there while we read,
 * and what was checked must be what is used. The copy costs about a nanosecond an event and frees the ring early.
 */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "record/decode.h"

void decode_append(struct decode_stream *stream, const uint64_t *words, size_t count)
{
	if (!count)
		return;
	if (stream->at) {
		stream->count -= stream->at;
		memmove(stream->words, stream->words + stream->at, stream->count * sizeof *words);
		stream->at = 0;
	}
	if (stream->count + count > stream->capacity) {
		stream->capacity = (stream->count + count) * 2;
		stream->words = xreallocarray(stream->words, stream->capacity, sizeof *words);
	}
	memcpy(stream->words + stream->count, words, count * sizeof *words);
	stream->count += count;
}

void decode_release(struct decode_stream *stream)
{
	free(stream->words);
	memset(stream, 0, sizeof *stream);
}

/* How many words each kind must have at least; 0: no such kind. */
static const uint8_t kind_words[64] = {
	[WIRE_TIME] = 2, [WIRE_NODE] = 3, [WIRE_ALLOC_ANY] = 5, [WIRE_FREE_ANY] = 3, [WIRE_MOVE_ANY] = 3,
	[WIRE_UNDO] = 3, [WIRE_MAP] = 5, [WIRE_UNMAP] = 4, [WIRE_MESSAGE] = 1, [WIRE_THREAD] = 3, [WIRE_CLEAR] = 2,
};

/* The kinds that are events. */
static bool decode_event(enum wire_kind kind, const uint64_t *words, struct event *event)
{
	static const uint8_t types[64] = {
		[WIRE_ALLOC_ANY] = EVENT_ALLOC, [WIRE_FREE_ANY] = EVENT_FREE, [WIRE_MOVE_ANY] = EVENT_MOVE,
		[WIRE_UNDO] = EVENT_UNDO, [WIRE_MAP] = EVENT_MAP, [WIRE_UNMAP] = EVENT_UNMAP,
		[WIRE_CLEAR] = EVENT_CLEAR,
	};

	*event = (struct event){ .type = types[kind], .domain = (uint32_t)(words[0] >> 16), .tick = words[1] };
	if (kind == WIRE_CLEAR)
		return true;
	event->addr = words[2];
	if (kind == WIRE_ALLOC_ANY || kind == WIRE_MAP || kind == WIRE_UNMAP)
		event->size = words[3];
	if (kind == WIRE_ALLOC_ANY || kind == WIRE_MAP)
		event->trace = (uint32_t)words[4];
	return true;
}

/* A record of the long form; true when it is an event. */
static bool decode_other(struct decode_stream *stream, const uint64_t *words, const struct decode_sink *sink,
	struct event *event)
{
	enum wire_kind kind = words[0] >> 2 & 63;
	size_t bytes = words[0] >> 16;

	switch (kind) {
	case WIRE_TIME:
		stream->tick = words[1];
		return false;
	case WIRE_NODE:
		sink->node(sink->context, (uint32_t)(words[1] >> 32), (uint32_t)words[1], words[2],
			(uint32_t)(words[0] >> 16));
		return false;
	case WIRE_THREAD:
		stream->tick = words[1];
		sink->thread(sink->context, (int32_t)words[2]);
		return false;
	case WIRE_MESSAGE:
		if (bytes <= ((words[0] >> 8 & 255) - 1) * 8)
			sink->message(sink->context, words + 1, bytes);
		return false;
	default:
		stream->tick = words[1];
		return decode_event(kind, words, event);
	}
}

int decode_next(struct decode_stream *stream, const struct decode_sink *sink, struct event *event)
{
	while (stream->at < stream->count && !stream->bad) {
		const uint64_t *words = stream->words + stream->at, word = words[0];
		size_t left = stream->count - stream->at, need;

		if ((word & 3) != WIRE_OTHER) {
			need = (word & 3) == WIRE_ALLOC ? 2 : 1;
			if (left < need)
				return 0;
			stream->at += need;
			stream->tick += word >> 46;
			*event = (struct event){ .type = (word & 3) == WIRE_ALLOC ? EVENT_ALLOC :
						 (word & 3) == WIRE_FREE ? EVENT_FREE : EVENT_MOVE,
				.tick = stream->tick, .addr = wire_word_addr(word) };
			if (need == 2) {
				event->trace = (uint32_t)(words[1] >> 32);
				event->size = (uint32_t)words[1];
			}
			return 1;
		}
		need = word >> 8 & 255;
		if (!need || !kind_words[word >> 2 & 63] || need < kind_words[word >> 2 & 63]) {
			stream->bad = true;
			return 0;
		}
		if (left < need)
			return 0;
		stream->at += need;
		if (decode_other(stream, words, sink, event))
			return 1;
	}
	return 0;
}
