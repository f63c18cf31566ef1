/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The look itself: whose each range is, then smaps. The shim's list is read from the program's memory while that runs: an item
 * that is just being changed names a wrong range at most, and ranges are clipped to the mappings that there are.
 *
 * The bytes that glibc gives for a request are known by its rule (malloc/malloc.c, request2size, and 16 for what is mapped by
 * itself); they are summed up where no other allocator is among the modules and the blocks are not too many for a look.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/clock.h"
#include "record/image.h"
#include "record/residency.h"

#define LOOK_SELDOM_NS ((uint64_t)1000000000)
#define LOOK_OFTEN_NS ((uint64_t)50000000)
#define COST_DEAR 100 /* looks take a hundredth of the time at most */

enum { OWNED_CHUNKS = 1000, OWNED_ITEMS = 100000, BLOCKS_MAX = 4000000 };

static bool peek(pid_t pid, uint64_t at, void *data, size_t size)
{
	struct iovec here = {data, size}, there = {(void *)(uintptr_t)at, size}; /* NOLINT: another's address */

	return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

static void add(struct residency_ranges *ranges, uint64_t start, uint64_t size, enum memory_kind kind)
{
	if (size && start + size > start)
		*ARRAY_PUSH(&ranges->all) = (struct residency_range){start, start + size, kind};
}

static void add_owned(struct residency_ranges *ranges, pid_t pid, uint64_t at)
{
	struct wire_owned head;

	for (int i = 0; at && i < OWNED_CHUNKS && peek(pid, at, &head, sizeof head); i++, at = head.next) {
		uint64_t n = head.used < OWNED_ITEMS ? head.used : OWNED_ITEMS;
		struct wire_owned_item *items = xcalloc(n + 1, sizeof *items);

		if (!peek(pid, at + sizeof head, items, n * sizeof *items))
			n = 0;
		for (uint64_t k = 0; k < n; k++)
			add(ranges, items[k].start, items[k].size, MEMORY_MEMTRACE);
		free(items);
	}
}

static void add_mapped(struct residency_ranges *ranges, const struct ranges *known)
{
	for (size_t i = 0; i < known->chunks.count; i++) {
		for (uint32_t k = 0; k < known->chunks.items[i]->count; k++) {
			const struct range *range = &known->chunks.items[i]->items[k];

			if (range->domain == DOMAIN_MMAP)
				add(ranges, range->start, range->end - range->start, MEMORY_MAPPED);
		}
	}
}

static int compare(const void *a_data, const void *b_data)
{
	const struct residency_range *a = a_data, *b = b_data;

	return (a->start > b->start) - (a->start < b->start);
}

/* What lies over another one is cut off. */
static void settle(struct residency_ranges *ranges)
{
	uint64_t end = 0;

	if (ranges->all.count)
		qsort(ranges->all.items, ranges->all.count, sizeof *ranges->all.items, compare);
	for (size_t i = 0; i < ranges->all.count; i++) {
		struct residency_range *range = &ranges->all.items[i];

		if (range->start < end)
			range->start = end < range->end ? end : range->end;
		end = range->end > end ? range->end : end;
	}
}

struct sizes {
	uint64_t requested, usable;
};

static void add_block(void *data, const struct live_block *block)
{
	struct sizes *sizes = data;
	uint64_t chunk = (block->size + 8 + 15) & ~(uint64_t)15;

	if (block->domain != DOMAIN_MALLOC)
		return;
	sizes->requested += block->size;
	sizes->usable += (chunk < 32 ? 32 : chunk) - 8;
}

static bool is_glibc(const struct image *image)
{
	static const char *const others[] = {"jemalloc", "tcmalloc", "mimalloc", "snmalloc", "rpmalloc", "hoard", "scudo",
		"libasan", "libtsan", "liblsan", "libmsan"};
	bool glibc = false;

	for (size_t i = 0; i < image->modules.count; i++) {
		const char *path = image->modules.items[i].path, *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

		glibc |= strcmp(name, "libc.so.6") == 0;
		for (size_t k = 0; k < sizeof others / sizeof *others; k++)
			if (strstr(name, others[k]))
				return false;
	}
	return glibc;
}

static void add_usable(struct residency *residency, const struct image *image)
{
	struct sizes sizes = {0, 0};

	for (size_t i = 0; i < image->ledger.traces.count; i++) {
		if (image->ledger.traces.items[i].domain == DOMAIN_MALLOC)
			sizes.requested += ledger_live(&image->ledger.traces.items[i]).size;
	}
	residency->sizes[MEMORY_REQUESTED] = sizes.requested;
	residency->has_usable = image->live.count <= BLOCKS_MAX && is_glibc(image);
	if (!residency->has_usable)
		return;
	sizes = (struct sizes){0, 0};
	live_visit(&image->live, add_block, &sizes);
	residency->sizes[MEMORY_USABLE] = sizes.usable;
}

void residency_look(struct image *image)
{
	uint64_t begun = clock_ns(CLOCK_MONOTONIC);
	struct residency fresh = {.looked_ns = begun, .tried_ns = begun};
	struct residency_ranges ranges = {{0}};
	char path[64];
	FILE *smaps;
	int pagemap;

	image->residency.tried_ns = begun;
	snprintf(path, sizeof path, "/proc/%d/smaps", image->pid);
	smaps = fopen(path, "re");
	if (!smaps)
		return;
	snprintf(path, sizeof path, "/proc/%d/pagemap", image->pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	add_owned(&ranges, image->pid, image->owned);
	add_mapped(&ranges, &image->ranges);
	settle(&ranges);
	residency_read(&fresh, smaps, pagemap, &ranges);
	if (fresh.known)
		add_usable(&fresh, image);
	if (pagemap >= 0)
		close(pagemap);
	fclose(smaps);
	ARRAY_FREE(&ranges.all);
	fresh.cost_ns = clock_ns(CLOCK_MONOTONIC) - begun;
	if (fresh.known)
		image->residency = fresh;
}

bool residency_due(const struct image *image, uint64_t now_ns)
{
	const struct residency *last = &image->residency;
	uint64_t pause = (now_ns - image->moments.begun_ns) / 8;

	pause = pause > LOOK_SELDOM_NS ? LOOK_SELDOM_NS : pause < LOOK_OFTEN_NS ? LOOK_OFTEN_NS : pause;
	if (pause < last->cost_ns * COST_DEAR)
		pause = last->cost_ns * COST_DEAR;
	return now_ns - last->tried_ns > pause;
}

void residency_copy(const struct image *image, struct residency *copy)
{
	*copy = image->residency;
	copy->sizes[MEMORY_AGE_NS] = clock_ns(CLOCK_MONOTONIC) - copy->looked_ns;
}

void residency_now(struct image *image, struct residency *copy)
{
	const struct residency *last = &image->residency;

	if (!last->known || clock_ns(CLOCK_MONOTONIC) - last->looked_ns > last->cost_ns * COST_DEAR)
		residency_look(image);
	residency_copy(image, copy);
}
