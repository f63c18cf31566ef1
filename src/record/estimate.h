/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a sampled block stands for. A block is told with probability p = 1 − exp(−(size + 1) / interval) (shim/sampling.h), and so
 * counts for 1 / p blocks and size / p bytes: over all chances the sums are the true ones, whatever the sizes (Horvitz and
 * Thompson). Sums are of integers, which never drift: the fraction becomes one more or none, by a chance that is made of the block
 * itself. So a block gives back to the byte what it has brought, and nothing is biased by rounding.
 *
 * Blocks are told independently of each other, so variances add up: a told block adds (1 − p) / p² of its size's square, and of 1
 * to those of the number; over all chances that is the variance of the sum. The rounding has its own, of which the number's is added.
 */
#ifndef RECORD_ESTIMATE_H
#define RECORD_ESTIMATE_H

#include <stdint.h>

struct estimate {
	uint64_t size, count;
	/* In 256ths, squared: of bytes and of blocks. */
	unsigned __int128 size_variance, count_variance;
};

/* Of a block of SIZE bytes at ADDR that came at TICK, of one in INTERVAL bytes. The same always for the same block. */
struct estimate estimate_of(uint64_t interval, uint64_t size, uint64_t addr, uint64_t tick);
/* The root of a variance, rounded: the standard error in 256ths. */
uint64_t estimate_deviation(unsigned __int128 variance);

#endif
