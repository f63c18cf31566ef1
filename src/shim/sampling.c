/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set of told blocks that live; the idea of sampling stands in the header.
 *
 * Tables of buckets, a bucket is a line of eight addresses, 0 a free place. An address may stand in its bucket in any of the tables; where all
 * of them are full one more table is made, twice the last one's size, and none ever goes. So nothing is moved, nobody waits, and a
 * handler or a forked child finds a sound set wherever it comes from. An address is added by who got it and removed by
 * who gives it back, before anybody else can get it: only its place is fought for.
 */
#include "shim/arena.h"
#include "shim/channel.h"
#include "shim/real.h"
#include "shim/sampling.h"
#include "shim/shim.h"
#include "shim/stacks.h"
#include "shim/sys.h"
#include "shim/thread.h"

enum { BUCKET = 8, FIRST_BITS = 9 /* buckets */, TABLES = 24, SHIFT_LEAST = 4, SHIFT_MOST = 16, PIECES = 5 };

struct sampling sampling;

typedef _Atomic uintptr_t place;
static place *_Atomic tables[TABLES];
static _Atomic uint8_t *pieces; /* mapped once; sampling.near where it is in use */
static uint32_t n_threads;

static size_t table_bytes(unsigned int index)
{
	return (sizeof(place) * BUCKET) << (FIRST_BITS + index);
}

static place *bucket(place *table, unsigned int index, uintptr_t addr)
{
	return &table[(addr * 0x9E3779B97F4A7C15ull >> (64 - FIRST_BITS - index)) * BUCKET];
}

/* The table INDEX, made when it is not there; NULL: it cannot be. */
static place *make_table(unsigned int index)
{
	place *none = NULL, *table = channel_memory(table_bytes(index));

	if (table && !atomic_compare_exchange_strong(&tables[index], &none, table)) {
		channel_free(table, table_bytes(index));
		return none;
	}
	return table;
}

static bool put(place *at, uintptr_t addr)
{
	for (int i = 0; i < BUCKET; i++) {
		uintptr_t empty = 0;

		if (!atomic_load_explicit(&at[i], memory_order_relaxed) && atomic_compare_exchange_strong(&at[i], &empty, addr))
			return true;
	}
	return false;
}

static bool take_out(place *at, uintptr_t addr)
{
	for (int i = 0; i < BUCKET; i++) {
		uintptr_t found = addr;

		if (atomic_load_explicit(&at[i], memory_order_relaxed) == addr && atomic_compare_exchange_strong(&at[i], &found, 0))
			return true;
	}
	return false;
}

/* One more or less near ADDR. A full count stays: it says that somebody must look. */
static void count(uintptr_t addr, int change)
{
	_Atomic uint8_t *near = sampling_piece(pieces, addr);
	uint8_t now = atomic_load(near);

	while (now != SAMPLING_NEAR_FULL && (now || change > 0) &&
	       !atomic_compare_exchange_weak(near, &now, (uint8_t)(now + change)))
		;
}

bool sampling_add(uintptr_t addr)
{
	for (unsigned int i = 0; i < TABLES; i++) {
		place *table = atomic_load(&tables[i]);

		if (!table && !(table = make_table(i)))
			return false;
		if (put(bucket(table, i, addr), addr)) {
			count(addr, 1);
			return true;
		}
	}
	return false;
}

bool sampling_drop(uintptr_t addr)
{
	if (sampling_unknown(addr))
		return false;
	for (unsigned int i = 0; i < TABLES; i++) {
		place *table = atomic_load(&tables[i]);

		if (!table)
			return false;
		if (take_out(bucket(table, i, addr), addr)) {
			count(addr, -1);
			return true;
		}
	}
	return false;
}

void sampling_go_on(struct thread *thread)
{
	thread->left = sampling_distance(&thread->random, sampling.interval);
}

void sampling_start(struct thread *thread)
{
	uint64_t image = (uint64_t)channel.generation << 32 | channel.index;

	thread->left = 0;
	if (!sampling_is_on())
		return;
	thread->random = channel.sample_seed + sampling_random(&image) + __atomic_add_fetch(&n_threads, 1, __ATOMIC_RELAXED);
	thread->random = sampling_random(&thread->random);
	sampling_go_on(thread);
}

void sampling_watch(uintptr_t addr)
{
	if (sampling_is_on())
		*sampling_piece(pieces, addr) = SAMPLING_NEAR_FULL;
}

void sampling_hurry(void)
{
	life_page[LIFE_MALLOC] = sampling_is_on() && real_malloc_only_maps() ? (uintptr_t)pieces : 0;
	sampling_listen_no_more();
}

void sampling_listen(void)
{
	life_page[LIFE_FREE] = 0;
}

void sampling_listen_no_more(void)
{
	life_page[LIFE_FREE] = life_page[LIFE_MALLOC];
	/* It may just have been said by another thread. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&stacks_cut))
		sampling_listen();
}

void sampling_make_room(void)
{
	for (unsigned int i = 0; sampling_is_on() && i < TABLES; i++)
		if (!atomic_load(&tables[i])) {
			make_table(i);
			return;
		}
}

/* What a forked child, or a process that is joined again, has of before. Whoever was interrupted in the middle goes on in the same memory. */
static void forget(void)
{
	for (unsigned int i = 0; i < TABLES && tables[i]; i++)
		SYS_CALL(SYS_madvise, (long)tables[i], (long)table_bytes(i), MADV_DONTNEED);
	if (pieces)
		SYS_CALL(SYS_madvise, (long)pieces, SAMPLING_NEAR, MADV_DONTNEED);
}

bool sampling_begin(void)
{
	unsigned int shift = 0;

	forget();
	n_threads = 0;
	sampling.near = NULL;
	sampling.interval = channel.sample;
	if (!sampling.interval)
		return true;
	while (shift < SHIFT_MOST && sampling.interval >> (shift + 1 + PIECES))
		shift++;
	sampling.shift = shift < SHIFT_LEAST ? SHIFT_LEAST : shift;
	if (!pieces)
		pieces = channel_memory(SAMPLING_NEAR);
	sampling.near = pieces;
	if (!pieces)
		return false;
	/* Blocks of the arena are not libc's to free. */
	for (uintptr_t at = 0; at < ARENA_SIZE; at += 1 << SHIFT_LEAST)
		sampling_watch((uintptr_t)arena_bytes + at);
	return true;
}
