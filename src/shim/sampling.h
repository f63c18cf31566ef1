/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --sample: only some blocks are told, chosen by their bytes.
 *
 * Think of all bytes asked for as one line, on which points lie at random, one in `interval` bytes on
 * average and independently of each other (a Poisson process). A block is told when a point falls
 * into it: with probability 1 − exp(−(size + 1) / interval). The one byte more lets empty blocks be
 * seen, too. What a told block then stands for is the reader's business (record/estimate.h).
 *
 * A thread counts the bytes down to its next point: thread.left more bytes can pass. 0 for ever where
 * all blocks are told, so one comparison serves both. Distances are exactly geometric, from integers
 * alone, and begin anew behind each told block, which changes nothing about the next one: they have no memory.
 *
 * Frees of blocks that were not told must be known as such: near[] counts the told ones that live by
 * pieces of the address space, much smaller than the interval, and is nearly always 0; else the
 * set of told addresses decides (sampling.c).
 *
 * Cost of a block that is not told: a subtraction, and when it is freed a byte looked at: with the shortest ways of
 * tell.h 15 instructions in malloc and 12 in free.
 */
#ifndef SHIM_SAMPLING_H
#define SHIM_SAMPLING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SAMPLING_NEAR = 1 << 20, SAMPLING_NEAR_FULL = 255 };

struct sampling {
	_Atomic uint8_t *_Atomic near; /* SAMPLING_NEAR of them; NULL: all is told */
	unsigned int shift;    /* a piece of the address space has 1 << shift bytes */
	uint64_t interval;
};
extern struct sampling sampling __attribute__((visibility("hidden")));

/* splitmix64, Steele, Lea and Flood 2014: a state of any value does. */
static inline uint64_t sampling_random(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15ull;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return z ^ z >> 31;
}

/* How many bytes pass until the next point: a geometric distance, floor(E × INTERVAL) for an exponential E. By von Neumann's
 * comparison of uniforms (1951): with u1 > u2 > … the first that rises is an even one with probability exp(−u1), and
 * E is u1 and the number of vain attempts before. No logarithm, no rounding. */
static inline uint64_t sampling_distance(uint64_t *state, uint64_t interval)
{
	for (uint64_t whole = 0;; whole++) {
		uint64_t first = sampling_random(state), last = first, next;
		bool even = false;

		while ((next = sampling_random(state)) < last) {
			last = next;
			even = !even;
		}
		if (!even)
			return whole * interval + (uint64_t)((unsigned __int128)first * interval >> 64);
	}
}

/* Whether a block of SIZE bytes passes without being told. A handler may take from LEFT in between: then its bytes are not counted, by
 * which no chance changes. Sizes that no block has, which are asked for before they are known to fail, are never less than LEFT. */
static inline bool sampling_passes(uint64_t *left, size_t size)
{
	uint64_t now = *left;

	if (size >= now)
		return false;
	*left = now - size - 1;
	return true;
}

/* The piece of the address space that ADDR is in. */
static inline _Atomic uint8_t *sampling_piece(_Atomic uint8_t *near, uintptr_t addr)
{
	return &near[(addr >> sampling.shift) % SAMPLING_NEAR];
}

/* Certainly not a told block. */
static inline bool sampling_unknown(uintptr_t addr)
{
	_Atomic uint8_t *near = atomic_load_explicit(&sampling.near, memory_order_relaxed);

	return near && !atomic_load_explicit(sampling_piece(near, addr), memory_order_relaxed);
}
/* Whether blocks are chosen at all. */
static inline bool sampling_is_on(void)
{
	return atomic_load_explicit(&sampling.near, memory_order_relaxed);
}

struct thread;
/* Begins for this process, with nothing known: by the pool's word. No other thread is in the shim. False: no memory. */
bool sampling_begin(void);
/* Sets the calling thread, or one that stands still, on its way to its first point. */
void sampling_start(struct thread *thread);
/* A point of THREAD has fallen into a block: on to the next one. */
void sampling_go_on(struct thread *thread);
/* The block at ADDR is told. False: there is no memory to remember it, so it is not to be. */
bool sampling_add(uintptr_t addr);
/* The block at ADDR goes: whether it was told. */
bool sampling_drop(uintptr_t addr);
/* The free of the block at ADDR, told or not, is to be looked at. */
void sampling_watch(uintptr_t addr);
/* Opens the shortest ways of tell.h, where the real malloc is one that they suit. This process is live. */
void sampling_hurry(void);
/* What the loader frees is to be looked at, whatever it is; and no more, but for what is watched. */
void sampling_listen(void);
void sampling_listen_no_more(void);
/* Where there will be no memory later. */
void sampling_make_room(void);

#endif
