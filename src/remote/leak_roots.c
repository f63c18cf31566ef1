/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of a copied process is a root. Mappings alone do not tell: the kernel makes one of neighbours that are alike, so a stack,
 * an arena of malloc, a large block that has a mapping of its own and memory that the program has mapped may be one line in its
 * list. They are cut apart again, at
 *   - both ends of what the program has mapped, or memtrace,
 *   - the top of each thread's stack, where glibc keeps the thread's struct pthread, whose address is the thread's fs,
 *   - both ends of large blocks, which the word before them tells (malloc/malloc.c of glibc: IS_MMAPPED),
 *   - multiples of 64 MiB (HEAP_MAX_SIZE) where an arena begins: its heap_info says so. A stack may lie across one.
 * A piece with a block in it is an allocator's, every other one a root.
 */
#include <stdlib.h>
#include <string.h>
#include "remote/leak_scan.h"

enum { PAGE = 4096, RED_ZONE = 128, PTHREAD_SIZE = 2304 /* of struct pthread, about */, CHUNK_HEAD = 16, MMAPPED = 2,
	CHUNK_FLAGS = 7, LARGE = 1 << 16, TCB_ALIGN = 64, TCB_SELF = 16, DTV_AT = 8, DTV_HEAD = 16 };
#define ARENA (64ull << 20)

struct rooter {
	struct leak_scan *scan;
	struct leak_memory *memory;
	ARRAY(uint64_t) cuts;
	const struct user_regs_struct *asker; /* the thread that asked; or NULL */
};

static uint64_t page_up(uint64_t address)
{
	return (address + PAGE - 1) / PAGE * PAGE;
}

static int compare_words(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void cut(struct rooter *rooter, uint64_t start, uint64_t end)
{
	*ARRAY_PUSH(&rooter->cuts) = start;
	*ARRAY_PUSH(&rooter->cuts) = end;
}

/* A block with a mapping of its own: its head says how far it is to the mapping's start, and how large the rest of it is. */
static void cut_large(struct rooter *rooter, const struct leak_block *block)
{
	uint64_t chunk = block->address - CHUNK_HEAD, size, start;

	if (block->own || block->size < LARGE || block->address % 16)
		return;
	size = leak_word(rooter->memory, chunk + 8);
	start = chunk - leak_word(rooter->memory, chunk);
	if ((size & MMAPPED) && start <= chunk && start % PAGE == 0 && (chunk + (size & ~(uint64_t)CHUNK_FLAGS)) % PAGE == 0)
		cut(rooter, start, chunk + (size & ~(uint64_t)CHUNK_FLAGS));
}

static void make_cuts(struct rooter *rooter)
{
	const struct leak_scan *scan = rooter->scan;

	for (size_t i = 0; i < scan->ranges.count; i++)
		cut(rooter, scan->ranges.items[i].start, page_up(scan->ranges.items[i].end));
	for (size_t i = 0; i < scan->owned.count; i++)
		cut(rooter, scan->owned.items[i].start, page_up(scan->owned.items[i].end));
	for (size_t i = 0; i < scan->threads.count; i++)
		cut(rooter, page_up(scan->threads.items[i].fs_base + PTHREAD_SIZE), UINT64_MAX);
	for (size_t i = 0; i < rooter->memory->blocks.count; i++)
		cut_large(rooter, &rooter->memory->blocks.items[i]);
	qsort(rooter->cuts.items, rooter->cuts.count, sizeof(uint64_t), compare_words);
}

/* malloc/arena.c's heap_info: its arena, at the beginning of this or of another heap; the one before; how much of it is in use. */
static bool begins_arena(const struct rooter *rooter, uint64_t at)
{
	uint64_t arena = leak_word(rooter->memory, at), size = leak_word(rooter->memory, at + 16);

	return arena % 8 == 0 && arena % ARENA != 0 && arena % ARENA < PAGE && size != 0 && size % PAGE == 0 && size <= ARENA;
}

static uint64_t next_arena(const struct rooter *rooter, uint64_t start, uint64_t end)
{
	for (uint64_t at = (start / ARENA + 1) * ARENA; at < end; at += ARENA)
		if (begins_arena(rooter, at))
			return at;
	return end;
}

/* Where the piece that begins at START in a mapping up to END ends. */
static uint64_t piece_end(const struct rooter *rooter, uint64_t start, uint64_t end)
{
	size_t low = 0, high = rooter->cuts.count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rooter->cuts.items[middle] <= start)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < rooter->cuts.count && rooter->cuts.items[low] < end)
		end = rooter->cuts.items[low];
	return next_arena(rooter, start, end);
}

/* [START, END) but for what is ours. */
static void add_root(struct rooter *rooter, uint64_t start, uint64_t end)
{
	const struct leak_scan *scan = rooter->scan;

	for (size_t i = 0; i < scan->owned.count && start < end; i++) {
		const struct leak_range *owned = &scan->owned.items[i];

		if (owned->end <= start || owned->start >= end)
			continue;
		if (owned->start > start)
			*ARRAY_PUSH(&rooter->memory->roots) = (struct leak_range){ start, owned->start };
		start = owned->end;
	}
	if (start < end)
		*ARRAY_PUSH(&rooter->memory->roots) = (struct leak_range){ start, end };
}

/* The same but for blocks. */
static void add_gaps(struct rooter *rooter, uint64_t start, uint64_t end)
{
	const struct leak_memory *memory = rooter->memory;

	for (size_t i = leak_first(memory, start); i < memory->blocks.count && memory->blocks.items[i].address < end; i++) {
		const struct leak_block *block = &memory->blocks.items[i];

		if (block->address > start)
			add_root(rooter, start, block->address);
		start = block->address + block->size;
	}
	if (start < end)
		add_root(rooter, start, end);
}

static bool has_block(const struct rooter *rooter, uint64_t start, uint64_t end)
{
	size_t index = leak_first(rooter->memory, start);

	return index < rooter->memory->blocks.count && rooter->memory->blocks.items[index].address < end;
}

static uint64_t stack_of(const struct rooter *rooter, const struct user_regs_struct *thread)
{
	return thread == rooter->asker ? rooter->scan->stack : thread->rsp - RED_ZONE;
}

/* Where the lowest of the threads stands that are in [START, END); UINT64_MAX: none is. */
static uint64_t lowest_stack(const struct rooter *rooter, uint64_t start, uint64_t end)
{
	const struct leak_scan *scan = rooter->scan;
	uint64_t lowest = UINT64_MAX;

	for (size_t i = 0; i < scan->threads.count; i++) {
		const struct user_regs_struct *thread = &scan->threads.items[i];

		if (thread->rsp >= start && thread->rsp < end && stack_of(rooter, thread) < lowest)
			lowest = stack_of(rooter, thread);
	}
	return lowest > start || lowest == UINT64_MAX ? lowest : start;
}

static bool is_threads(const struct leak_scan *scan, uint64_t pthread)
{
	for (size_t i = 0; i < scan->threads.count; i++)
		if (scan->threads.items[i].fs_base == pthread)
			return true;
	return false;
}

/* The vector of a thread's dynamic storage is a block of libc's, to which the thread has a pointer past the head. */
static void take_vector(struct rooter *rooter, uint64_t pthread)
{
	*ARRAY_PUSH(&rooter->memory->words) = leak_word(rooter->memory, pthread + DTV_AT) - DTV_HEAD;
}

/* A stack that nobody uses: a struct pthread at its top, which names itself twice, is of no thread that there is. Its
 * vector waits with it for the next thread. */
static bool is_left(struct rooter *rooter, const struct maps_entry *entry, uint64_t start, uint64_t end)
{
	const struct leak_scan *scan = rooter->scan;

	if (entry->inode || *entry->path || entry->start != start || entry == scan->maps.entries.items ||
		entry[-1].end != start || entry[-1].protection)
		return false;
	for (uint64_t at = end - TCB_ALIGN; at > start && at + PAGE + PTHREAD_SIZE >= end; at -= TCB_ALIGN)
		if (leak_word(rooter->memory, at) == at && leak_word(rooter->memory, at + TCB_SELF) == at) {
			take_vector(rooter, at);
			return !is_threads(scan, at);
		}
	return false;
}

static void take_piece(struct rooter *rooter, const struct maps_entry *entry, uint64_t start, uint64_t end)
{
	uint64_t stack = lowest_stack(rooter, start, end);
	bool blocks = has_block(rooter, start, end);

	if (stack != UINT64_MAX && !blocks)
		add_root(rooter, stack, end);
	else if (blocks && (rooter->scan->partial || strcmp(entry->path, "[stack]") == 0))
		add_gaps(rooter, stack != UINT64_MAX ? stack : start, end);
	else if (!blocks && !is_left(rooter, entry, start, end))
		add_root(rooter, start, end);
}

static void take_mapping(struct rooter *rooter, const struct maps_entry *entry)
{
	uint64_t end;

	for (uint64_t start = entry->start; start < entry->end; start = end) {
		end = piece_end(rooter, start, entry->end);
		take_piece(rooter, entry, start, end);
	}
}

/* A stack in a block of malloc is used from where its thread stands. */
static void take_stack_in_block(struct rooter *rooter, const struct user_regs_struct *thread)
{
	size_t index = leak_first(rooter->memory, thread->rsp);
	const struct leak_block *block = &rooter->memory->blocks.items[index];

	if (index < rooter->memory->blocks.count && block->address <= thread->rsp)
		add_root(rooter, stack_of(rooter, thread), block->address + block->size);
}

static void take_thread(struct rooter *rooter, const struct user_regs_struct *thread)
{
	const uint64_t registers[] = { thread->rax, thread->rbx, thread->rcx, thread->rdx, thread->rsi, thread->rdi, thread->rbp,
		thread->r8, thread->r9, thread->r10, thread->r11, thread->r12, thread->r13, thread->r14, thread->r15 };

	take_stack_in_block(rooter, thread);
	take_vector(rooter, thread->fs_base);
	for (size_t i = 0; i < sizeof registers / sizeof *registers && thread != rooter->asker; i++)
		*ARRAY_PUSH(&rooter->memory->words) = registers[i];
}

/* Of those whose stack is below where the program's begins, in the same mapping, the nearest. */
static const struct user_regs_struct *find_asker(const struct leak_scan *scan)
{
	const struct maps_entry *entry = scan->stack ? maps_find(&scan->maps, scan->stack) : NULL;
	const struct user_regs_struct *found = NULL;

	for (size_t i = 0; i < scan->threads.count && entry; i++) {
		const struct user_regs_struct *thread = &scan->threads.items[i];

		if (thread->rsp >= entry->start && thread->rsp <= scan->stack && (!found || thread->rsp > found->rsp))
			found = thread;
	}
	return found;
}

void leak_roots(struct leak_scan *scan)
{
	struct rooter rooter = { .scan = scan, .memory = &scan->memory, .asker = find_asker(scan) };

	make_cuts(&rooter);
	for (size_t i = 0; i < scan->maps.entries.count; i++)
		if (scan->maps.entries.items[i].protection & MAPS_READ)
			take_mapping(&rooter, &scan->maps.entries.items[i]);
	for (size_t i = 0; i < scan->threads.count; i++)
		take_thread(&rooter, &scan->threads.items[i]);
	ARRAY_FREE(&rooter.cuts);
}
