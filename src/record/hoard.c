/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chunks double from 64 KiB to 4 MiB, so that a small program's hoard is small. The kernel provides them 128 KiB at a time
 * instead of fault by fault (4 of 50 ns for each of 10 million blocks). Not in huge pages, though these would take a sixth
 * off a look-up: making one was seen to take 20 ms in a virtual machine, and the watched program waits.
 */
#include <string.h>
#include "record/hoard.h"
#include "record/vast.h"

enum { FIRST_CHUNK = 1 << 16, LAST_CHUNK = 1 << 22, PORTION = 1 << 17 };

static size_t units_of(size_t size)
{
	return (size + HOARD_UNIT - 1) / HOARD_UNIT;
}

static void put(struct hoard *hoard, void *piece, size_t units)
{
	memcpy(piece, &hoard->unused[units], sizeof(void *));
	hoard->unused[units] = piece;
	hoard->filled[units / 64] |= 1ull << units % 64;
}

static void *pop(struct hoard *hoard, size_t units)
{
	void *piece = hoard->unused[units];

	memcpy(&hoard->unused[units], piece, sizeof(void *));
	if (!hoard->unused[units])
		hoard->filled[units / 64] &= ~(1ull << units % 64);
	return piece;
}

/* The rest of a chunk in use goes to the pieces. */
static void add_chunk(struct hoard *hoard)
{
	size_t bytes = hoard->bytes < FIRST_CHUNK ? FIRST_CHUNK : hoard->bytes < LAST_CHUNK ? hoard->bytes : LAST_CHUNK;
	__typeof__(hoard->chunks.items) chunk = ARRAY_PUSH(&hoard->chunks);

	if (hoard->at < hoard->end)
		put(hoard, hoard->at, (size_t)(hoard->end - hoard->at) / HOARD_UNIT);
	chunk->bytes = bytes;
	chunk->memory = vast_grow(NULL, 0, bytes);
	hoard->at = hoard->end = chunk->memory;
	hoard->chunk_end = hoard->at + bytes;
	hoard->bytes += bytes;
}

static void add_portion(struct hoard *hoard)
{
	size_t left = (size_t)(hoard->chunk_end - hoard->end), portion = left < PORTION ? left : PORTION;

	vast_populate(hoard->end, portion);
	hoard->end += portion;
}

/* The least class of at least UNITS that has a piece, or HOARD_CLASSES. */
static size_t filled_class(const struct hoard *hoard, size_t units)
{
	uint64_t bits = hoard->filled[units / 64] & (~0ull << units % 64);

	for (size_t word = units / 64;; bits = hoard->filled[word]) {
		if (bits)
			return word * 64 + (size_t)__builtin_ctzll(bits);
		if (++word == HOARD_CLASSES / 64)
			return HOARD_CLASSES;
	}
}

/* What is populated is used up: a larger piece is cut, or there is more. */
static void *take_slow(struct hoard *hoard, size_t units)
{
	size_t larger = filled_class(hoard, units);
	uint8_t *piece;

	if (larger < HOARD_CLASSES) {
		piece = pop(hoard, larger);
		if (larger > units)
			put(hoard, piece + units * HOARD_UNIT, larger - units);
		return piece;
	}
	if (hoard->end == hoard->chunk_end)
		add_chunk(hoard);
	add_portion(hoard);
	piece = hoard->at;
	hoard->at += units * HOARD_UNIT;
	return piece;
}

void *hoard_take(struct hoard *hoard, size_t size)
{
	size_t units = units_of(size);
	void *piece = hoard->at;

	if (hoard->unused[units])
		return pop(hoard, units);
	if (units * HOARD_UNIT > (size_t)(hoard->end - hoard->at))
		return take_slow(hoard, units);
	hoard->at += units * HOARD_UNIT;
	return piece;
}

void hoard_give(struct hoard *hoard, void *piece, size_t size)
{
	put(hoard, piece, units_of(size));
}

void hoard_share(struct hoard *hoard, bool with_children)
{
	for (size_t i = 0; i < hoard->chunks.count; i++)
		vast_share(hoard->chunks.items[i].memory, hoard->chunks.items[i].bytes, with_children);
}

void hoard_clear(struct hoard *hoard)
{
	for (size_t i = 0; i < hoard->chunks.count; i++)
		vast_free(hoard->chunks.items[i].memory, hoard->chunks.items[i].bytes);
	ARRAY_FREE(&hoard->chunks);
	memset(hoard, 0, sizeof *hoard);
}
