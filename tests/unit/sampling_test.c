/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sampling, from the shim's choice of blocks to the collector's estimates: over many seeds their mean is the truth, and the error
 * that they claim is the one they have. The same judge finds those estimators biased that look right and are not. And the
 * set of told blocks knows each of them, once. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include "record/estimate.h"
#include "shim/sampling.c"

volatile uint64_t life_page[8];
_Atomic bool stacks_cut;

bool real_malloc_only_maps(void)
{
	return true;
}

#define INTERVAL 4096u
enum { SEEDS = 1000, LARGE = 400, BLOCKS = 86 * LARGE };

static uint64_t sizes[BLOCKS];

/* From 0 bytes to ten intervals, mixed. */
static void make_sizes(void)
{
	uint64_t state = 1;

	for (int i = 0; i < BLOCKS; i++) {
		uint64_t random = sampling_random(&state), kind = i % (BLOCKS / LARGE);

		sizes[i] = kind == 0 ? INTERVAL / 2 + random % (INTERVAL * 19 / 2) : kind % 9 == 1 ? 64 + random % 1024 : random % 65;
	}
}

/* What is done with the block NUMBER: true where it is told, and what it stands for. */
struct way {
	bool (*told)(struct thread *thread, int number);
	struct estimate (*stands_for)(uint64_t size, int number, uint64_t seed);
};

static bool by_bytes(struct thread *thread, int number)
{
	if (sampling_passes(&thread->left, sizes[number]))
		return false;
	sampling_go_on(thread);
	return true;
}

/* The mean number of blocks between two points, whatever their sizes. */
static bool by_blocks(struct thread *thread, int number)
{
	(void)number;
	return sampling_random(&thread->random) % 97 == 0;
}

/* Without memory of what was left when a block was told: the point is set from the last point, at fixed distances. */
static bool by_fixed_distance(struct thread *thread, int number)
{
	if (sampling_passes(&thread->left, sizes[number]))
		return false;
	thread->left = INTERVAL;
	return true;
}

static struct estimate ours(uint64_t size, int number, uint64_t seed)
{
	return estimate_of(INTERVAL, size, (uint64_t)number * 16, seed);
}

static struct estimate itself(uint64_t size, int number, uint64_t seed)
{
	struct estimate estimate = ours(size, number, seed);

	estimate.size = size;
	estimate.count = 1;
	return estimate;
}

/* Each point stands for an interval: right for sizes of small blocks, and too little for large ones. */
static struct estimate an_interval(uint64_t size, int number, uint64_t seed)
{
	struct estimate estimate = ours(size, number, seed);

	estimate.size = size > INTERVAL ? size : INTERVAL;
	estimate.count = size > INTERVAL ? 1 : INTERVAL / (size + 1);
	return estimate;
}

static struct estimate rounded_down(uint64_t size, int number, uint64_t seed)
{
	struct estimate estimate = ours(size, number, seed);

	estimate.count = (uint64_t)(-1 / expm1(-((double)size + 1) / INTERVAL));
	return estimate;
}

/* Of one quantity over all seeds. */
struct tally {
	double truth, sum, squares, claimed;
	int covered;
};

static void tally_add(struct tally *tally, double estimate, double variance)
{
	double off = estimate - tally->truth;

	tally->sum += off;
	tally->squares += off * off;
	tally->claimed += variance;
	tally->covered += fabs(off) <= 1.96 * sqrt(variance);
}

static void run_once(const struct way *way, uint64_t seed, struct tally *size, struct tally *count)
{
	uint64_t state = seed;
	struct thread thread = { .random = sampling_random(&state) };
	double sums[2] = { 0 }, variances[2] = { 0 };

	sampling_go_on(&thread);
	for (int i = 0; i < BLOCKS; i++) {
		struct estimate one;

		if (!way->told(&thread, i))
			continue;
		one = way->stands_for(sizes[i], i, seed);
		sums[0] += (double)one.size;
		sums[1] += (double)one.count;
		variances[0] += (double)one.size_variance / 65536;
		variances[1] += (double)one.count_variance / 65536;
	}
	tally_add(size, sums[0], variances[0]);
	tally_add(count, sums[1], variances[1]);
}

/* Is the mean over all seeds the truth, as far as their spread lets one tell? */
static bool is_unbiased(const struct tally *tally)
{
	return fabs(tally->sum / SEEDS) <= 4 * sqrt(tally->squares / SEEDS / SEEDS);
}

static void judge(const struct way *way, struct tally *size, struct tally *count)
{
	make_sizes();
	sampling.interval = INTERVAL;
	*size = *count = (struct tally){ .truth = 0 };
	for (int i = 0; i < BLOCKS; i++)
		size->truth += (double)sizes[i];
	count->truth = BLOCKS;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_once(way, seed, size, count);
}

Test(sampling, estimates_have_the_truth_as_their_mean)
{
	struct tally size, count;

	judge(&(struct way){ by_bytes, ours }, &size, &count);
	cr_assert(is_unbiased(&size), "off by %g of %g", size.sum / SEEDS, size.truth);
	cr_assert(is_unbiased(&count), "off by %g of %g", count.sum / SEEDS, count.truth);
}

Test(sampling, the_claimed_error_is_the_true_one)
{
	struct tally size, count;

	judge(&(struct way){ by_bytes, ours }, &size, &count);
	cr_assert_float_eq(size.claimed / size.squares, 1, 0.1, "%g", size.claimed / size.squares);
	cr_assert_float_eq(count.claimed / count.squares, 1, 0.1, "%g", count.claimed / count.squares);
	cr_assert_float_eq((double)size.covered / SEEDS, 0.95, 0.015, "%d", size.covered);
	cr_assert_float_eq((double)count.covered / SEEDS, 0.95, 0.025, "%d", count.covered);
}

/* Each is a mistake that could be made here: the judge is not to let it pass. */
Test(sampling, the_judge_finds_a_biased_estimator)
{
	static const struct {
		const char *name;
		struct way way;
		bool bad_size, bad_count;
	} mistakes[] = {
		{ "no weight", { by_bytes, itself }, true, true },
		{ "an interval for each point", { by_bytes, an_interval }, true, true },
		{ "chosen by blocks, not by bytes", { by_blocks, ours }, true, true },
		{ "fixed distances", { by_fixed_distance, ours }, true, true },
		{ "counts rounded down", { by_bytes, rounded_down }, false, true },
	};

	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct tally size, count;

		judge(&mistakes[i].way, &size, &count);
		cr_assert_eq(!is_unbiased(&size), mistakes[i].bad_size, "%s: size off by %g of %g", mistakes[i].name,
			size.sum / SEEDS, size.truth);
		cr_assert_eq(!is_unbiased(&count), mistakes[i].bad_count, "%s: count off by %g of %g", mistakes[i].name,
			count.sum / SEEDS, count.truth);
	}
}

/* exp(−n / interval) of all distances are at least n. */
Test(sampling, distances_are_geometric)
{
	enum { DRAWS = 400000 };
	static const int64_t at_least[] = { 1, 10, 100, 500, 1000, 3000, 7000 };
	uint64_t state = 42, found[sizeof at_least / sizeof *at_least] = { 0 };
	double sum = 0;

	for (int i = 0; i < DRAWS; i++) {
		int64_t distance = sampling_distance(&state, 1000);

		cr_assert(distance >= 0);
		sum += (double)distance;
		for (size_t k = 0; k < sizeof at_least / sizeof *at_least; k++)
			found[k] += distance >= at_least[k];
	}
	cr_assert_float_eq(sum / DRAWS, 1 / expm1(1e-3), 6);
	for (size_t k = 0; k < sizeof at_least / sizeof *at_least; k++) {
		double p = exp(-(double)at_least[k] / 1000), error = sqrt(p * (1 - p) / DRAWS);

		cr_assert_float_eq((double)found[k] / DRAWS, p, 4 * error, "at least %ld: %lu", (long)at_least[k], found[k]);
	}
}

Test(sampling, a_block_stands_for_the_same_always)
{
	struct estimate one = estimate_of(1 << 19, 100, 0x5000, 77), again = estimate_of(1 << 19, 100, 0x5000, 77);
	struct estimate large = estimate_of(1 << 10, 1 << 20, 0x5000, 77);

	cr_assert_eq(one.size, again.size);
	cr_assert_eq(one.count, again.count);
	cr_assert(one.size_variance == again.size_variance && one.count_variance == again.count_variance);
	cr_assert_eq(large.size, 1 << 20, "one that is always told stands for itself");
	cr_assert_eq(large.count, 1);
	cr_assert(large.size_variance == 0 && large.count_variance == 0);
	cr_assert_eq(estimate_of(1 << 10, 0, 16, 1).size, 0);
	cr_assert_eq(estimate_deviation((unsigned __int128)49 << 100), 7ull << 50);
}

static void begin_set(uint64_t interval)
{
	channel.sample = interval;
	cr_assert(sampling_begin());
}

Test(sampling, all_is_told_without_an_interval)
{
	uint64_t left = 0;

	begin_set(0);
	cr_assert(!sampling_is_on());
	cr_assert(!sampling_unknown(0x5000));
	cr_assert(!sampling_passes(&left, 0));
	cr_assert_eq(left, 0);
}

Test(sampling, the_set_knows_each_block_once)
{
	enum { N = 200000 };

	begin_set(512 << 10);
	for (uintptr_t i = 1; i <= N; i++) {
		cr_assert(sampling_add(i * 16));
		cr_assert(!sampling_unknown(i * 16));
	}
	cr_assert(tables[1] != NULL, "it has grown");
	for (uintptr_t i = 1; i <= N; i++)
		cr_assert(!sampling_drop(i * 16 + 8), "a neighbour");
	for (uintptr_t i = 1; i <= N; i++) {
		cr_assert(sampling_drop(i * 16));
		cr_assert(!sampling_drop(i * 16), "it has gone");
	}
}

Test(sampling, far_from_told_blocks_nothing_is_looked_up)
{
	begin_set(512 << 10);
	cr_assert(sampling_unknown(0x7f0000000000));
	cr_assert(sampling_add(0x7f0000000010));
	cr_assert(!sampling_unknown(0x7f0000000000), "near one");
	cr_assert(sampling_unknown(0x7f0000100000), "not near");
	cr_assert(sampling_drop(0x7f0000000010));
	cr_assert(sampling_unknown(0x7f0000000000), "none any more");
}

/* Pieces of the address space share a count; one that was full says for ever that somebody must look. */
Test(sampling, a_full_count_stays)
{
	begin_set(512 << 10);
	for (uintptr_t i = 1; i <= 300; i++)
		cr_assert(sampling_add(i * 16));
	for (uintptr_t i = 1; i <= 300; i++)
		cr_assert(sampling_drop(i * 16));
	cr_assert(!sampling_unknown(16));
	cr_assert(!sampling_drop(16));
	begin_set(512 << 10);
	cr_assert(sampling_unknown(16), "a new beginning");
	cr_assert(!sampling_unknown((uintptr_t)arena_bytes), "the arena's are not libc's to free");
}

/* The loader's memory of a module, say. */
Test(sampling, what_is_watched_is_looked_at_when_it_goes)
{
	begin_set(512 << 10);
	cr_assert(sampling_unknown(0x7f0000000000));
	sampling_watch(0x7f0000000010);
	cr_assert(!sampling_unknown(0x7f0000000000));
	cr_assert(!sampling_drop(0x7f0000000010), "it is no told block");
	cr_assert(!sampling_unknown(0x7f0000000000), "and stays watched");
}

/* The shortest ways are open where the real malloc is libc's, that of free not while all of the loader's are to be heard. */
Test(sampling, the_shortest_ways_are_closed_where_all_is_heard)
{
	begin_set(512 << 10);
	cr_assert_eq(life_page[LIFE_MALLOC] | life_page[LIFE_FREE], 0, "not before the process is live");
	sampling_hurry();
	cr_assert_eq(life_page[LIFE_MALLOC], (uintptr_t)pieces);
	cr_assert_eq(life_page[LIFE_FREE], (uintptr_t)pieces);
	sampling_listen();
	cr_assert_eq(life_page[LIFE_MALLOC], (uintptr_t)pieces);
	cr_assert_eq(life_page[LIFE_FREE], 0);
	stacks_cut = true;
	sampling_listen_no_more();
	cr_assert_eq(life_page[LIFE_FREE], 0);
	stacks_cut = false;
	sampling_listen_no_more();
	cr_assert_eq(life_page[LIFE_FREE], (uintptr_t)pieces);
	begin_set(0);
	sampling_hurry();
	cr_assert_eq(life_page[LIFE_MALLOC] | life_page[LIFE_FREE], 0, "all is told");
}

/* Sizes that no block has are asked for, too: nothing may come of them. */
Test(sampling, absurd_sizes_change_nothing)
{
	const size_t sizes[] = { SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX - 99 };
	uint64_t left = 1000;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		cr_assert(!sampling_passes(&left, sizes[i]));
		cr_assert_eq(left, 1000);
	}
	cr_assert(sampling_passes(&left, 99));
	cr_assert_eq(left, 900);
}
