/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See leak_mark.h. Each block is scanned at most three times (possible, then reachable; or lost, and as one of a clique), each word
 * of it costs a comparison with the bounds of all blocks, and what passes that two short searches: for the region, mostly the last
 * one's, and in its page. Regions are stretches of addresses without large gaps; a page has the number of the first block
 * that ends behind its start.
 */
#include <stdlib.h>
#include <string.h>
#include "remote/leak_mark.h"

enum { PAGE = 4096, WORD = 8, GAP = 1 << 20, TABLE_WORDS = 20 };
enum state { UNSEEN, POSSIBLE, REACHABLE, INDIRECT };
#define NONE SIZE_MAX

struct region {
	uint64_t start, end;     /* whole pages */
	uint32_t *first;         /* one more than pages */
};

struct marker {
	struct leak_memory *memory;
	struct leak_block *blocks;
	uint64_t low, high;      /* of all blocks */
	ARRAY(struct region) regions;
	const struct region *near;
	const struct leak_extent *near_extent;
	ARRAY(uint32_t) stack;   /* blocks to be scanned */
	/* How pointers are taken: from roots and live blocks, or from lost ones. */
	bool lost;
	bool strong;             /* where the scanned words stand is a root, or reachable */
	size_t leader;           /* lost: of the present clique */
};

/* A block without bytes has an address, too. */
static uint64_t end_of(const struct leak_block *block)
{
	return block->address + (block->size ? block->size : 1);
}

static int compare(const void *a_data, const void *b_data)
{
	const struct leak_block *a = a_data, *b = b_data;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->own - b->own;
}

void leak_sort(struct leak_memory *memory)
{
	struct leak_block *blocks = memory->blocks.items;
	size_t n = 0;

	if (memory->blocks.count)
		qsort(blocks, memory->blocks.count, sizeof *blocks, compare);
	for (size_t i = 0; i < memory->blocks.count; i++) {
		while (n && end_of(&blocks[n - 1]) > blocks[i].address)
			n--;
		blocks[n++] = blocks[i];
	}
	memory->blocks.count = n;
}

size_t leak_first(const struct leak_memory *memory, uint64_t address)
{
	size_t low = 0, high = memory->blocks.count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (end_of(&memory->blocks.items[middle]) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_region(struct marker *marker, size_t begin, size_t end)
{
	struct region *region = ARRAY_PUSH(&marker->regions);
	size_t pages, k = begin;

	region->start = marker->blocks[begin].address / PAGE * PAGE;
	region->end = (end_of(&marker->blocks[end - 1]) + PAGE - 1) / PAGE * PAGE;
	pages = (region->end - region->start) / PAGE;
	region->first = xcalloc(pages + 1, sizeof *region->first);
	for (size_t i = 0; i <= pages; i++) {
		while (k < end && end_of(&marker->blocks[k]) <= region->start + i * PAGE)
			k++;
		region->first[i] = (uint32_t)k;
	}
}

static void make_regions(struct marker *marker)
{
	size_t n = marker->memory->blocks.count, begin = 0;

	for (size_t i = 1; i <= n; i++) {
		if (i < n && marker->blocks[i].address < end_of(&marker->blocks[i - 1]) + GAP)
			continue;
		add_region(marker, begin, i);
		begin = i;
	}
	marker->near = marker->regions.items;
	marker->low = marker->blocks[0].address;
	marker->high = end_of(&marker->blocks[n - 1]);
}

static const struct region *region_of(struct marker *marker, uint64_t pointer)
{
	size_t low = 0, high = marker->regions.count;

	if (pointer - marker->near->start < marker->near->end - marker->near->start)
		return marker->near;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct region *region = &marker->regions.items[middle];

		if (pointer < region->start)
			high = middle;
		else if (pointer >= region->end)
			low = middle + 1;
		else
			return marker->near = region;
	}
	return NULL;
}

/* The block that holds POINTER, or NONE. */
static size_t block_of(struct marker *marker, uint64_t pointer)
{
	const struct region *region = region_of(marker, pointer);
	const uint32_t *first;
	size_t low, high;

	if (!region)
		return NONE;
	first = &region->first[(pointer - region->start) / PAGE];
	low = first[0];
	/* The last one that may begin in this page. */
	high = first[1] < marker->memory->blocks.count ? first[1] + 1 : first[1];
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (marker->blocks[middle].address <= pointer)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == first[0] || pointer >= end_of(&marker->blocks[low - 1]))
		return NONE;
	return low - 1;
}

static const struct leak_extent *extent_from(const struct leak_memory *memory, uint64_t address)
{
	const struct leak_extent *extents = memory->extents.items;
	size_t low = 0, high = memory->extents.count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (extents[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < memory->extents.count ? &extents[low] : NULL;
}

uint64_t leak_word(const struct leak_memory *memory, uint64_t address)
{
	const struct leak_extent *extent = extent_from(memory, address);
	uint64_t word = 0;

	if (extent && address >= extent->start && extent->end - address >= WORD)
		memcpy(&word, extent->bytes + (address - extent->start), WORD);
	return word;
}

static bool is_in(const struct leak_range *ranges, size_t n, uint64_t address)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = (low + n) / 2;

		if (address - ranges[middle].start < ranges[middle].end - ranges[middle].start)
			return true;
		if (address < ranges[middle].start)
			n = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Whether functions stand at ADDRESS, with nothing but NULLs between: a virtual table. One of a single function could be anything. */
static bool is_table(const struct leak_memory *memory, uint64_t address)
{
	int functions = 0;

	if (address % WORD || !is_in(memory->tables.items, memory->tables.count, address))
		return false;
	for (int i = 0; i < TABLE_WORDS && functions < 2; i++) {
		uint64_t word = leak_word(memory, address + (uint64_t)i * WORD);

		if (word && !is_in(memory->code.items, memory->code.count, word))
			return false;
		functions += word != 0;
	}
	return functions == 2;
}

/* Whether POINTER, into the middle of BLOCK, is one to another base class of the object there: both begin with their tables. */
static bool is_base(const struct leak_memory *memory, const struct leak_block *block, uint64_t pointer)
{
	return memory->tables.count && pointer % WORD == 0 && block->address + block->size - pointer >= WORD &&
		is_table(memory, leak_word(memory, pointer)) && is_table(memory, leak_word(memory, block->address));
}

/* Whether POINTER, into the middle of BLOCK, is the only one that a program has to such a block. */
static bool is_usual(const struct marker *marker, const struct leak_block *block, uint64_t pointer)
{
	uint64_t distance = pointer - block->address, first, second;

	if (block->size < WORD || block->address % WORD)
		return false;
	first = leak_word(marker->memory, block->address);
	if (distance == WORD && first && (block->size - WORD == first || (block->size - WORD) % first == 0))
		return true;
	second = distance == 3 * WORD ? leak_word(marker->memory, block->address + WORD) : 0;
	if (distance == 3 * WORD && first <= second && block->size > 3 * WORD && second == block->size - 3 * WORD - 1)
		return true;
	return is_base(marker->memory, block, pointer);
}

static void push(struct marker *marker, size_t index)
{
	*ARRAY_PUSH(&marker->stack) = (uint32_t)index;
}

static void take_live(struct marker *marker, size_t index, uint64_t pointer)
{
	struct leak_block *block = &marker->blocks[index];

	if (block->kind == REACHABLE)
		return;
	if (marker->strong && (pointer == block->address || is_usual(marker, block, pointer)))
		block->kind = REACHABLE;
	else if (block->kind == UNSEEN)
		block->kind = POSSIBLE;
	else
		return;
	push(marker, index);
}

/* A former leader joins the clique, and leads those that it had led. */
static void take_lost(struct marker *marker, size_t index)
{
	if (marker->blocks[index].kind != UNSEEN || index == marker->leader)
		return;
	marker->blocks[index].kind = INDIRECT;
	push(marker, index);
}

static void take(struct marker *marker, uint64_t pointer)
{
	size_t index = block_of(marker, pointer);

	if (index == NONE)
		return;
	if (marker->lost)
		take_lost(marker, index);
	else
		take_live(marker, index, pointer);
}

static void scan_bytes(struct marker *marker, const uint8_t *bytes, size_t size)
{
	const uint64_t low = marker->low, span = marker->high - low;
	uint64_t word;

	for (size_t i = 0; i + WORD <= size; i += WORD) {
		memcpy(&word, bytes + i, WORD);
		if (word - low < span)
			take(marker, word);
	}
}

static void scan(struct marker *marker, uint64_t start, uint64_t end)
{
	const struct leak_extent *extent = marker->near_extent;
	const struct leak_extent *last = marker->memory->extents.items + marker->memory->extents.count;

	start = (start + WORD - 1) / WORD * WORD;
	if (start >= end)
		return;
	if (!extent || start < extent->start || start >= extent->end)
		extent = extent_from(marker->memory, start);
	if (!extent)
		return;
	marker->near_extent = extent;
	for (; extent < last && extent->start < end; extent++) {
		uint64_t from = start > extent->start ? start : extent->start;
		uint64_t to = end < extent->end ? end : extent->end;

		if (from < to)
			scan_bytes(marker, extent->bytes + (from - extent->start), to - from);
	}
}

static void drain(struct marker *marker)
{
	while (marker->stack.count) {
		const struct leak_block *block = &marker->blocks[marker->stack.items[--marker->stack.count]];

		marker->strong = block->kind == REACHABLE;
		scan(marker, block->address, block->address + block->size);
	}
}

static void mark_live(struct marker *marker)
{
	const struct leak_memory *memory = marker->memory;

	for (size_t i = 0; i < memory->roots.count; i++) {
		marker->strong = true;
		scan(marker, memory->roots.items[i].start, memory->roots.items[i].end);
		drain(marker);
	}
	for (size_t i = 0; i < memory->words.count; i++) {
		marker->strong = true;
		if (memory->words.items[i] - marker->low < marker->high - marker->low)
			take(marker, memory->words.items[i]);
		drain(marker);
	}
}

static void mark_lost(struct marker *marker)
{
	marker->lost = true;
	for (size_t i = 0; i < marker->memory->blocks.count; i++) {
		if (marker->blocks[i].kind != UNSEEN)
			continue;
		marker->leader = i;
		push(marker, i);
		drain(marker);
	}
}

void leak_mark(struct leak_memory *memory)
{
	static const uint8_t kinds[] = { [UNSEEN] = LEAK_DEFINITE, [POSSIBLE] = LEAK_POSSIBLE, [REACHABLE] = LEAK_REACHABLE,
		[INDIRECT] = LEAK_INDIRECT };
	struct marker marker = { .memory = memory, .blocks = memory->blocks.items };

	if (!memory->blocks.count)
		return;
	for (size_t i = 0; i < memory->blocks.count; i++)
		memory->blocks.items[i].kind = UNSEEN;
	make_regions(&marker);
	mark_live(&marker);
	mark_lost(&marker);
	for (size_t i = 0; i < memory->blocks.count; i++)
		memory->blocks.items[i].kind = kinds[memory->blocks.items[i].kind];
	for (size_t i = 0; i < marker.regions.count; i++)
		free(marker.regions.items[i].first);
	ARRAY_FREE(&marker.regions);
	ARRAY_FREE(&marker.stack);
}
