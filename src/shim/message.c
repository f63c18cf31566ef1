/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See message.h. Nothing is copied together: bodies are gathered from their parts, for the pipe by
 * writev, for the ring word by word. */
#include "shim/message.h"
#include "shim/ring.h"

enum {
	PIPE_BODY = WIRE_MESSAGE_MAX - sizeof(struct wire_message),
	RING_BODY = 253 * 8 - sizeof(struct wire_message), /* a record's length has 8 bits */
};

/* Moves as many bytes as SIZE allows from the front of PARTS to PIECE; returns how many parts
 * PIECE got. */
static unsigned int take(
	struct iovec *parts, unsigned int n_parts, size_t size, struct iovec *piece)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_parts && size > 0; i++) {
		size_t bytes = parts[i].iov_len < size ? parts[i].iov_len : size;

		if (bytes == 0)
			continue;
		piece[n++] = (struct iovec){parts[i].iov_base, bytes};
		parts[i].iov_base = (char *)parts[i].iov_base + bytes;
		parts[i].iov_len -= bytes;
		size -= bytes;
	}
	return n;
}

static void put_bytes(struct producer *producer, const struct iovec *parts, unsigned int n_parts)
{
	uint64_t word = 0;
	unsigned int filled = 0;

	for (unsigned int i = 0; i < n_parts; i++)
		for (size_t at = 0; at < parts[i].iov_len; at++) {
			word |= (uint64_t)((const unsigned char *)parts[i].iov_base)[at]
				<< 8 * filled;
			if (++filled == 8) {
				ring_put(producer, word);
				word = filled = 0;
			}
		}
	if (filled)
		ring_put(producer, word);
}

static bool send_ring(struct producer *producer, const struct iovec *parts, unsigned int n_parts)
{
	const struct wire_message *head = parts[0].iov_base;
	unsigned int words = 1 + (head->size + 7u) / 8;

	if (!ring_room(producer, words))
		return false;
	ring_put(producer, wire_other(WIRE_MESSAGE, words, head->size));
	put_bytes(producer, parts, n_parts);
	ring_publish(producer);
	return true;
}

/* Through a ring, or else the pipe, where it may be what has been in a buffer, and nobody may be
 * willing to wait. */
struct way {
	struct producer *ring, *buffer;
	bool patient;
};

static bool send(const struct way *way, enum wire_message_kind kind, const struct iovec *parts,
	unsigned int n_parts)
{
	struct iovec left[MESSAGE_PARTS], piece[MESSAGE_PARTS + 1];
	struct wire_message head = {
		.magic = WIRE_MESSAGE_MAGIC,
		.kind = kind,
		.process = channel.index,
		.generation = channel.generation,
		.tick = channel.clock == WIRE_CLOCK_TSC ? __rdtsc() >> WIRE_TICK_SHIFT
							: atomic_load(&channel.process->sequence),
	};
	size_t size = 0, body = way->ring ? RING_BODY : PIPE_BODY;

	for (unsigned int i = 0; i < n_parts; i++) {
		left[i] = parts[i];
		size += parts[i].iov_len;
	}
	do {
		size_t bytes = size < body ? size : body;
		unsigned int n = take(left, n_parts, bytes, piece + 1);

		size -= bytes;
		head.size = (uint16_t)(sizeof head + bytes);
		head.more = size > 0;
		piece[0] = (struct iovec){&head, sizeof head};
		if (!(way->ring ? send_ring(way->ring, piece, n + 1)
				: channel_write(piece, n + 1, way->buffer, way->patient)))
			return false;
	} while (size > 0);
	return true;
}

bool message_send_pipe(enum wire_message_kind kind, const struct iovec *parts, unsigned int n_parts,
	struct producer *buffer, bool patient)
{
	const struct way way = {.buffer = buffer, .patient = patient};

	return !channel.jail && send(&way, kind, parts, n_parts);
}

bool message_send(struct producer *producer, enum wire_message_kind kind, const struct iovec *parts,
	unsigned int n_parts)
{
	if (channel_pipe_ready())
		return message_send_pipe(kind, parts, n_parts, NULL, true);
	return producer && send(&(struct way){.ring = producer}, kind, parts, n_parts);
}
