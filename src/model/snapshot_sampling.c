/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far the estimates of a sampled run may be off. Most traces are live at few moments, so it is a sorted list, and is
 * searched. Blocks are sampled independently of each other, so errors of sums add up as squares do.
 */
#include <math.h>
#include <stdlib.h>
#include "model/snapshot.h"

void snapshot_add_uncertainty(struct snapshot *snapshot, struct uncertainty one)
{
	*ARRAY_PUSH(&snapshot->sampling) = one;
}

/* INDEX_NONE, the whole, comes first. */
static int compare(const void *a_data, const void *b_data)
{
	const struct uncertainty *a = a_data, *b = b_data;

	if (a->moment != b->moment)
		return a->moment + 1 < b->moment + 1 ? -1 : 1;
	return (a->trace + 1 > b->trace + 1) - (a->trace + 1 < b->trace + 1);
}

static uint64_t joined(uint64_t a, uint64_t b)
{
	return (uint64_t)llround(hypot((double)a, (double)b));
}

static void join(void *into_data, const void *one_data)
{
	struct uncertainty *into = into_data;
	const struct uncertainty *one = one_data;

	into->size = joined(into->size, one->size);
	into->count = joined(into->count, one->count);
	into->interval = one->interval > into->interval ? one->interval : into->interval;
}

void snapshot_sort_sampling(struct snapshot *snapshot)
{
	uint64_t interval = 0;

	ARRAY_JOIN(&snapshot->sampling, compare, join);
	for (size_t i = 0; i < snapshot->sampling.count; i++)
		interval = snapshot->sampling.items[i].interval > interval ? snapshot->sampling.items[i].interval : interval;
	for (size_t i = 0; i < snapshot->sampling.count; i++)
		snapshot->sampling.items[i].interval = interval;
}

struct variance snapshot_variance(const struct snapshot *snapshot, size_t moment, size_t trace)
{
	const struct uncertainty wanted = { .moment = (uint32_t)moment, .trace = (uint32_t)trace }, *found = NULL;
	struct variance variance = { 0, 0 };

	if (snapshot->sampling.count)
		found = bsearch(&wanted, snapshot->sampling.items, snapshot->sampling.count, sizeof wanted, compare);
	if (found) {
		variance.size = (double)found->size * (double)found->size / (UNCERTAINTY_UNIT * UNCERTAINTY_UNIT);
		variance.count = (double)found->count * (double)found->count / (UNCERTAINTY_UNIT * UNCERTAINTY_UNIT);
	}
	return variance;
}

struct variance snapshot_moment_variance(const struct snapshot *snapshot, size_t moment)
{
	struct variance sum = { 0, 0 };

	for (size_t i = 0; i < snapshot->sampling.count; i++) {
		const struct uncertainty *one = &snapshot->sampling.items[i];

		if (one->moment == moment)
			variance_add(&sum, snapshot_variance(snapshot, one->moment, one->trace), 1);
	}
	return sum;
}

int64_t variance_error(double variance)
{
	double error = ceil(1.96 * sqrt(variance));

	return error < 0x1p62 ? (int64_t)error : (int64_t)1 << 62;
}

static int bad(struct error *err, size_t index, const char *what)
{
	return error_set(err, "sampling %zu %s", index, what);
}

int snapshot_check_sampling(const struct snapshot *snapshot, struct error *err)
{
	for (size_t i = 0; i < snapshot->sampling.count; i++) {
		const struct uncertainty *one = &snapshot->sampling.items[i];

		if (i == 0 && (one->moment != INDEX_NONE || one->trace != INDEX_NONE))
			return bad(err, i, "is not of the whole run");
		if (i > 0 && one->moment != INDEX_NONE && one->moment >= snapshot->moments.count)
			return bad(err, i, "is at a moment that is not there");
		if (i > 0 && one->trace >= snapshot->traces.count)
			return bad(err, i, "has a trace that is not there");
		if (i > 0 && compare(one - 1, one) >= 0)
			return bad(err, i, "does not come after the one before it");
		if (!one->interval || one->interval > SNAPSHOT_SIZE_MAX || one->interval != snapshot->sampling.items[0].interval)
			return bad(err, i, "has no interval, or another one");
		if (one->size > UNCERTAINTY_MAX || one->count > UNCERTAINTY_MAX)
			return bad(err, i, "is too large");
	}
	return 0;
}
