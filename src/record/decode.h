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
#include "memtrace/wire.h"
#include "record/event.h"

/* What a stream carries beside events, handed out in its order. */
struct decode_sink {
	void *context;
	void (*node)(void *context, uint32_t id, uint32_t parent, uint64_t pc, uint32_t flags);
	void (*thread)(void *context, int32_t tid);
	void (*message)(void *context, const void *data, size_t size);
};

/* Words that were copied out of a ring and not read yet; `tick` is the ring's last tick. A zeroed one is empty. */
struct decode_stream {
	uint64_t *words;
	size_t at, count, capacity;
	uint64_t tick;
	bool bad;
};

void decode_append(struct decode_stream *stream, const uint64_t *words, size_t count);
void decode_release(struct decode_stream *stream);
/* The next event; other records on the way go to SINK. 1: *event is it; 0: no whole record is left. */
int decode_next(struct decode_stream *stream, const struct decode_sink *sink, struct event *event);

#endif
