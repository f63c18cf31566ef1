/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See estimate.h. Only what was sampled comes here, so a logarithm's time is nothing. */
#include <math.h>
#include "record/estimate.h"

#define UNIT 256.0

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return z ^ z >> 31;
}

/* VALUE as an integer of the same mean, by CHANCE, which is any of 2^64. */
static uint64_t round_by(double value, uint64_t chance)
{
	double whole = floor(value);

	return (uint64_t)whole + ((double)(chance >> 11) * 0x1p-53 < value - whole);
}

struct estimate estimate_of(uint64_t interval, uint64_t size, uint64_t addr, uint64_t tick)
{
	double x = ((double)size + 1) / (double)interval, p = -expm1(-x), missed = exp(-x);
	uint64_t chance = mix(mix(addr + 0x9E3779B97F4A7C15ull * (tick + 1)) + size);
	double count = 1 / p, fraction = count - floor(count);
	double spread = missed / p / p * UNIT * UNIT, bytes = (double)size;

	return (struct estimate){
		.size = round_by(bytes / p, mix(chance + 1)),
		.count = round_by(count, chance),
		.size_variance = (unsigned __int128)(bytes * bytes * spread),
		.count_variance = (unsigned __int128)(spread + fraction * (1 - fraction) * UNIT * UNIT),
	};
}

uint64_t estimate_deviation(unsigned __int128 variance)
{
	return (uint64_t)llround(sqrt((double)variance));
}
