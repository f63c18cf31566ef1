/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of live blocks against a plain array. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "record/live.h"

static uint64_t size_at(struct live *live, uint32_t domain, uint64_t addr)
{
	struct live_block block;

	return live_find(live, domain, addr, &block) ? block.size : 0;
}

Test(live, empty_finds_nothing)
{
	struct live live = { 0 };
	struct live_block block;

	cr_assert_not(live_find(&live, 0, 16, &block));
	cr_assert_not(live_take(&live, 0, 16, &block));
	live_clear(&live);
}

Test(live, domains_are_apart)
{
	static const uint32_t domains[] = { 0, 100, 4095, 4096, UINT32_MAX };
	struct live live = { 0 };

	for (uint32_t i = 0; i < 5; i++)
		cr_assert(live_add(&live, &(struct live_block){ .addr = 16, .size = i + 1, .domain = domains[i] }));
	for (uint32_t i = 0; i < 5; i++)
		cr_assert_eq(size_at(&live, domains[i], 16), i + 1);
	cr_assert_eq(size_at(&live, 1, 16), 0);
	live_clear(&live);
}

Test(live, a_block_in_the_way_stays)
{
	static const uint64_t sizes[] = { 7, 1ull << 40 };

	for (int i = 0; i < 4; i++) {
		struct live live = { 0 };

		cr_assert(live_add(&live, &(struct live_block){ .addr = 4096, .size = sizes[i % 2] }));
		cr_assert_not(live_add(&live, &(struct live_block){ .addr = 4096, .size = sizes[i / 2] + 1 }));
		cr_assert_eq(size_at(&live, 0, 4096), sizes[i % 2]);
		cr_assert_eq(live.count, 1);
		live_clear(&live);
	}
}

/* At and beyond what a cell holds. */
Test(live, everything_comes_back_as_it_went)
{
	static const uint64_t sizes[] = { 0, 1, (1u << 28) - 1, 1u << 28, 1ull << 32, 1ull << 48 };
	static const uint64_t ticks[] = { 1ull << 60, (1ull << 60) - 1, (1ull << 60) + 1, (1ull << 60) + (1ull << 52) - 1,
		(1ull << 60) + (1ull << 52), UINT64_MAX, 0 };
	static const uint64_t addrs[] = { 0, 1, 4095, 0x7ffffffff010, UINT64_MAX };

	for (size_t size = 0; size < 6; size++) {
		struct live live = { 0 };
		struct live_block block;

		for (size_t tick = 0; tick < 7; tick++)
			for (size_t addr = 0; addr < 5; addr++)
				cr_assert(live_add(&live, &(struct live_block){ addrs[addr], sizes[size], ticks[tick],
					(uint32_t)tick, 0xfffffff0 + (uint32_t)addr }));
		for (size_t tick = 0; tick < 7; tick++)
			for (size_t addr = 0; addr < 5; addr++) {
				cr_assert(live_take(&live, (uint32_t)tick, addrs[addr], &block));
				cr_assert_eq(block.addr, addrs[addr]);
				cr_assert_eq(block.size, sizes[size]);
				cr_assert_eq(block.tick, ticks[tick]);
				cr_assert_eq(block.domain, tick);
				cr_assert_eq(block.trace, 0xfffffff0 + addr);
			}
		cr_assert_eq(live.count, 0);
		live_clear(&live);
	}
}

enum { PLACES = 5000, STEPS = 400000 };

/* Adds and removes at PLACES addresses DISTANCE apart; most of the time only a part of them, so that pages empty. */
static void random_walk(uint64_t distance)
{
	static uint64_t sizes[PLACES];
	struct live live = { 0 };
	struct live_block block;
	size_t count = 0;

	memset(sizes, 0, sizeof sizes);
	srand(11);
	for (int step = 0; step < STEPS; step++) {
		bool fills = step / 20000 % 2 == 0;
		uint64_t at = (uint64_t)rand() % PLACES, addr = 0x10000 + at * distance;

		cr_assert_eq(size_at(&live, 0, addr), sizes[at]);
		if (sizes[at] && (!fills || rand() % 4 == 0)) {
			cr_assert(live_take(&live, 0, addr, &block));
			cr_assert_eq(block.size, sizes[at]);
			sizes[at] = 0;
			count--;
		} else if (!sizes[at] && (fills || rand() % 4 == 0)) {
			sizes[at] = (uint64_t)step + 1;
			cr_assert(live_add(&live, &(struct live_block){ .addr = addr, .size = sizes[at] }));
			count++;
		}
		cr_assert_eq(live.count, count);
	}
	for (uint64_t at = 0; at < PLACES; at++)
		cr_assert_eq(size_at(&live, 0, 0x10000 + at * distance), sizes[at]);
	live_clear(&live);
}

Test(live, random_adds_and_removes)
{
	static const uint64_t distances[] = { 1, 8, 16, 48, 128, 1000, 4096, 70000 };

	for (size_t i = 0; i < sizeof distances / sizeof *distances; i++)
		random_walk(distances[i]);
}

static void sum_size(void *data, const struct live_block *block)
{
	cr_assert_eq(block->size, block->addr + 1);
	*(uint64_t *)data += block->size;
}

/* An allocator of small classes fills pages to the last place; what needs a stray is slower for all its page. */
Test(live, the_densest_pages_have_no_strays)
{
	for (uint64_t distance = 8; distance <= 16; distance += 8) {
		struct live live = { 0 };
		struct live_block block;
		uint64_t sum = 0, expected = 0;

		for (uint64_t addr = 0; addr < 1 << 16; addr += distance) {
			cr_assert(live_add(&live, &(struct live_block){ .addr = addr, .size = addr + 1 }));
			expected += addr + 1;
		}
		cr_assert_eq(live.strays.count, 0);
		live_visit(&live, sum_size, &sum);
		cr_assert_eq(sum, expected);
		for (uint64_t addr = 0; addr < 1 << 16; addr += distance) {
			cr_assert(live_take(&live, 0, addr, &block));
			cr_assert_eq(block.size, addr + 1);
		}
		cr_assert_eq(live.count, 0);
		live_clear(&live);
	}
}

/* What has gone takes no memory but for a few pages. */
Test(live, pages_go_with_their_blocks)
{
	struct live live = { 0 };
	struct live_block block;

	for (uint64_t i = 0; i < 100000; i++)
		live_add(&live, &(struct live_block){ .addr = i * 1024, .size = 1 });
	cr_assert_eq(live.regions.count, 196);
	for (uint64_t i = 0; i < 100000; i++)
		cr_assert(live_take(&live, 0, i * 1024, &block));
	cr_assert_leq(live.regions.count, LIVE_EMPTY_PAGES);
	live_clear(&live);
}

static void sum_block(void *data, const struct live_block *block)
{
	struct live_block *sum = data, found;
	struct live *live = (struct live *)(uintptr_t)sum->tick;

	cr_assert(live_find(live, block->domain, block->addr, &found));
	cr_assert(found.size == block->size && found.trace == block->trace && found.tick == block->tick);
	sum->addr++;
	sum->size += block->size;
}

/* Pages of both kinds, strays, a page that is empty again; each block comes once and whole. */
Test(live, every_block_is_visited)
{
	struct live live = { 0 };
	struct live_block sum = { .tick = (uintptr_t)&live }, gone;
	uint64_t count = 0, size = 0;

	for (uint64_t addr = 0x1000; addr < 0x9000000; addr += addr % 7 == 0 ? 8 : addr % 5 ? 0x3010 : 17) {
		const struct live_block block = { addr, addr % 11 ? addr % 1000 : 1ull << 30, addr, addr % 3 ? 0 : 5000,
			(uint32_t)addr };

		cr_assert(live_add(&live, &block));
		if (addr % 13 == 0) {
			cr_assert(live_take(&live, block.domain, addr, &gone));
			continue;
		}
		count++;
		size += block.size;
	}
	for (uint64_t addr = 0x7f0000000000; addr < 0x7f0000004000; addr += 16) {
		cr_assert(live_add(&live, &(struct live_block){ .addr = addr, .size = 9, .domain = 100 }));
		count++;
		size += 9;
	}
	cr_assert_gt(live.strays.count, 0);
	live_visit(&live, sum_block, &sum);
	cr_assert_eq(sum.addr, count);
	cr_assert_eq(sum.addr, live.count);
	cr_assert_eq(sum.size, size);
	live_clear(&live);
}

/* Runs CHECK in a child and returns its status. */
static int in_child(int (*check)(struct live *live), struct live *live)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(check(live));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int is_whole(struct live *live)
{
	for (uint64_t addr = 0x1000; addr < 0x101000; addr += 16)
		if (size_at(live, 0, addr) != addr % 999)
			return 1;
	return 0;
}

/* The pages of the parent are not there, so that a look at one of them would be the child's end. */
static int begins_anew(struct live *live)
{
	void *first = live->hoard.chunks.items[0].memory;
	unsigned char resident;

	if (mincore(first, 4096, &resident) == 0)
		return 1;
	live_abandon(live);
	if (live->count != 0 || size_at(live, 0, 0x1000) != 0)
		return 2;
	live_add(live, &(struct live_block){ .addr = 0x1000, .size = 5 });
	return size_at(live, 0, 0x1000) == 5 && live->count == 1 ? 0 : 3;
}

Test(live, a_child_goes_without_when_asked)
{
	struct live live = { 0 };

	for (uint64_t addr = 0x1000; addr < 0x101000; addr += 16)
		live_add(&live, &(struct live_block){ .addr = addr, .size = addr % 999 });
	live_withhold(&live);
	cr_assert_eq(in_child(begins_anew, &live), 0);
	live_resume(&live);
	cr_assert_eq(is_whole(&live), 0);
	cr_assert_eq(in_child(is_whole, &live), 0);
	live_clear(&live);
}
