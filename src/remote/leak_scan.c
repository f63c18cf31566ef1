/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The copy. It is one stream of bytes into memory that was made before the process was stopped, in huge pages where there are any: so
 * a gigabyte takes a quarter of a second. Which pages are there is read from /proc/PID/pagemap; without that all are taken, of
 * mappings that are not too large.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "memtrace/wire.h"
#include "remote/leak_scan.h"
#include "remote/peek.h"

enum { PAGE = 4096, WORD = 8, BATCH = 1 << 16, OWNED_CHUNKS = 4096, OWNED_ITEMS = 1 << 16, OWNED_LARGE = 1 << 20 };
#define PIECE ((size_t)16 << 20)
#define ROOM ((size_t)64 << 20)
#define HUGE ((size_t)2 << 20)
#define BLIND_MAX (1ull << 30)
#define FIXED_END (1ull << 32)
#define FIXED_MAX (32ull << 20)
#define PAGE_IS_THERE (3ull << 62)  /* present or swapped */
#define PAGE_IS_FILES (1ull << 61)  /* or of shared memory: not the process's own */

/* Bytes resident in PID, and those that there could be more of in this machine. */
static uint64_t resident(pid_t pid)
{
	unsigned long pages = 0;
	char name[64];
	FILE *file;

	snprintf(name, sizeof name, "/proc/%d/statm", (int)pid);
	file = fopen(name, "re");
	if (file && fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return (uint64_t)pages * PAGE;
}

static uint64_t available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long kilobytes = 0;
	char line[128];

	while (file && fgets(line, sizeof line, file) && sscanf(line, "MemAvailable: %lu", &kilobytes) != 1)
		;
	if (file)
		fclose(file);
	return kilobytes ? (uint64_t)kilobytes * 1024 : UINT64_MAX;
}

static struct leak_room *add_room(struct leak_scan *scan, size_t size)
{
	struct leak_room *room;
	uint8_t *bytes;

	size = (size + HUGE - 1) / HUGE * HUGE;
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bytes == MAP_FAILED)
		memory_out();
	madvise(bytes, size, MADV_HUGEPAGE);
	room = ARRAY_PUSH(&scan->rooms);
	*room = (struct leak_room){ .bytes = bytes, .size = size };
	return room;
}

int leak_scan_begin(struct leak_scan *scan, pid_t pid, struct error *err)
{
	uint64_t size = resident(pid), most = available() / 10 * 9;
	struct leak_room *room;

	memset(scan, 0, sizeof *scan);
	scan->pid = pid;
	if (size > most)
		return error_status(err, EXIT_MEMTRACE_FAILED,
			"process %d has %" PRIu64 " MiB of memory, and there are no more than %" PRIu64 " for a copy of it", (int)pid,
			size >> 20, most >> 20);
	room = add_room(scan, size + ROOM);
	madvise(room->bytes, size / HUGE * HUGE, MADV_POPULATE_WRITE);
	return 0;
}

/* Copies [START, END), as far as it can be read. */
static void copy_range(struct leak_scan *scan, uint64_t start, uint64_t end)
{
	while (start < end) {
		size_t want = end - start < PIECE ? end - start : PIECE, got;
		struct leak_room *room = &scan->rooms.items[scan->rooms.count - 1];
		struct leak_extent *last = NULL;

		if (room->size - room->used < want)
			room = add_room(scan, ROOM);
		got = peek_some(scan->pid, start, room->bytes + room->used, want) / 8 * 8;
		if (scan->memory.extents.count)
			last = &scan->memory.extents.items[scan->memory.extents.count - 1];
		if (got && last && last->end == start && last->bytes + (last->end - last->start) == room->bytes + room->used)
			last->end += got;
		else if (got)
			*ARRAY_PUSH(&scan->memory.extents) = (struct leak_extent){ start, start + got, room->bytes + room->used };
		room->used += got;
		scan->bytes += got;
		if (got < want)
			return;
		start += got;
	}
}

/* The same without memtrace's large tables. In its library's data there may be blocks of the program's. */
static void copy(struct leak_scan *scan, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < scan->owned.count && start < end; i++) {
		const struct leak_range *owned = &scan->owned.items[i];

		if (owned->end - owned->start < OWNED_LARGE || owned->end <= start || owned->start >= end)
			continue;
		if (owned->start > start)
			copy_range(scan, start, owned->start);
		start = (owned->end + PAGE - 1) / PAGE * PAGE;
	}
	if (start < end)
		copy_range(scan, start, end);
}

static bool is_wanted(uint64_t page, const struct maps_entry *entry)
{
	return (page & PAGE_IS_THERE) && ((entry->protection & MAPS_SHARED) || !(page & PAGE_IS_FILES));
}

/* The pages of ENTRY that are there. PAGES: BATCH of them. */
static void copy_entry(struct leak_scan *scan, const struct maps_entry *entry, int pagemap, uint64_t *pages)
{
	uint64_t begin = 0, at = entry->start;
	size_t n;

	for (; at < entry->end; at += n * PAGE) {
		ssize_t got;

		n = (entry->end - at) / PAGE < BATCH ? (entry->end - at) / PAGE : BATCH;
		got = pread(pagemap, pages, n * sizeof *pages, (off_t)(at / PAGE * sizeof *pages));
		if (got != (ssize_t)(n * sizeof *pages)) {
			if (entry->end - at <= BLIND_MAX && (entry->protection & MAPS_WRITE))
				copy(scan, at, entry->end);
			break;
		}
		for (size_t i = 0; i < n; i++) {
			bool wanted = is_wanted(pages[i], entry);

			if (wanted && !begin)
				begin = at + i * PAGE;
			if (!wanted && begin) {
				copy(scan, begin, at + i * PAGE);
				begin = 0;
			}
		}
	}
	if (begin)
		copy(scan, begin, at < entry->end ? at : entry->end);
}

/* Devices may do something when they are read. */
static bool may_be_read(const struct maps_entry *entry)
{
	if (!(entry->protection & MAPS_READ) || strncmp(entry->path, "[v", 2) == 0)
		return false;
	if (!(entry->protection & MAPS_SHARED))
		return true;
	return (entry->protection & MAPS_WRITE) && strncmp(entry->path, "/memfd:memtrace", 15) != 0 &&
		(strncmp(entry->path, "/dev/", 5) != 0 || strncmp(entry->path, "/dev/shm/", 9) == 0 ||
			strncmp(entry->path, "/dev/zero", 9) == 0);
}

/* Virtual tables are written as a module is loaded, and so are pages of the process's own; but not those of a program that was linked
 * to its place, which is a low one. */
static bool has_fixed_tables(const struct maps_entry *entry)
{
	return entry->protection == MAPS_READ && *entry->path == '/' && entry->end <= FIXED_END &&
		entry->end - entry->start <= FIXED_MAX;
}

/* From the program's file: the process need not have the pages, and is not given them. */
static void copy_fixed(struct leak_scan *scan, const struct maps_entry *entry)
{
	size_t size = entry->end - entry->start;
	struct leak_room *room = &scan->rooms.items[scan->rooms.count - 1];
	char name[64], path[PATH_MAX] = "";
	ssize_t got;
	int fd;

	snprintf(name, sizeof name, "/proc/%d/exe", (int)scan->pid);
	if (readlink(name, path, sizeof path - 1) < 0 || strcmp(path, entry->path) != 0 ||
		(fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
		return;
	if (room->size - room->used < size)
		room = add_room(scan, ROOM);
	got = pread(fd, room->bytes + room->used, size, (off_t)entry->offset);
	close(fd);
	if (got < WORD)
		return;
	got = got / WORD * WORD;
	*ARRAY_PUSH(&scan->memory.extents) = (struct leak_extent){ entry->start, entry->start + (size_t)got, room->bytes + room->used };
	room->used += (size_t)got;
	scan->bytes += (size_t)got;
}

static void copy_all(struct leak_scan *scan)
{
	uint64_t *pages = xcalloc(BATCH, sizeof *pages);
	char name[64];
	int pagemap;

	snprintf(name, sizeof name, "/proc/%d/pagemap", (int)scan->pid);
	pagemap = open(name, O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < scan->maps.entries.count; i++) {
		const struct maps_entry *entry = &scan->maps.entries.items[i];

		uint64_t before = scan->bytes;

		if (may_be_read(entry))
			copy_entry(scan, entry, pagemap, pages);
		/* What it has written of it is not that. */
		if (scan->bytes == before && has_fixed_tables(entry))
			copy_fixed(scan, entry);
	}
	if (pagemap >= 0)
		close(pagemap);
	free(pages);
}

/* The program can have written over the list: it ends somewhere. */
static void read_owned(struct leak_scan *scan, uint64_t at)
{
	struct wire_owned head;

	for (int i = 0; at && i < OWNED_CHUNKS && peek(scan->pid, at, &head, sizeof head); i++, at = head.next) {
		uint64_t n = head.used < OWNED_ITEMS ? head.used : OWNED_ITEMS;
		struct wire_owned_item *items = xcalloc(n + 1, sizeof *items);

		if (!peek(scan->pid, at + sizeof head, items, n * sizeof *items))
			n = 0;
		for (uint64_t k = 0; k < n; k++)
			if (items[k].size && items[k].start + items[k].size > items[k].start)
				*ARRAY_PUSH(&scan->owned) = (struct leak_range){ items[k].start, items[k].start + items[k].size };
		free(items);
	}
}

static int compare_ranges(const void *a, const void *b)
{
	uint64_t x = ((const struct leak_range *)a)->start, y = ((const struct leak_range *)b)->start;

	return (x > y) - (x < y);
}

int leak_scan_copy(struct leak_scan *scan, const struct process *process, uint64_t owned, struct error *err)
{
	struct user_regs_struct registers;

	/* Of a process whose first thread has ended, another one's name finds the memory. */
	for (size_t i = process->threads.count; i-- > 0;) {
		if (process->threads.items[i].state == THREAD_GONE || !thread_registers(&process->threads.items[i], &registers))
			continue;
		*ARRAY_PUSH(&scan->threads) = registers;
		scan->pid = process->threads.items[i].tid;
	}
	if (maps_read(&scan->maps, scan->pid, err) < 0)
		return -1;
	read_owned(scan, owned);
	if (scan->owned.count)
		qsort(scan->owned.items, scan->owned.count, sizeof(struct leak_range), compare_ranges);
	copy_all(scan);
	if (!scan->threads.count || !scan->bytes)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot read the memory of process %d", (int)scan->pid);
	return 0;
}

static void find_tables(struct leak_scan *scan)
{
	for (size_t i = 0; i < scan->maps.entries.count; i++) {
		const struct maps_entry *entry = &scan->maps.entries.items[i];
		const struct leak_range range = { entry->start, entry->end };

		if (*entry->path != '/' || (entry->protection & MAPS_SHARED))
			continue;
		if (entry->protection & MAPS_EXECUTE)
			*ARRAY_PUSH(&scan->memory.code) = range;
		else if (entry->protection & MAPS_READ)
			*ARRAY_PUSH(&scan->memory.tables) = range;
	}
}

void leak_scan_find(struct leak_scan *scan)
{
	find_tables(scan);
	leak_sort(&scan->memory);
	leak_roots(scan);
	leak_mark(&scan->memory);
}

void leak_scan_free(struct leak_scan *scan)
{
	for (size_t i = 0; i < scan->rooms.count; i++)
		munmap(scan->rooms.items[i].bytes, scan->rooms.items[i].size);
	ARRAY_FREE(&scan->rooms);
	ARRAY_FREE(&scan->threads);
	ARRAY_FREE(&scan->owned);
	ARRAY_FREE(&scan->ranges);
	ARRAY_FREE(&scan->memory.blocks);
	ARRAY_FREE(&scan->memory.extents);
	ARRAY_FREE(&scan->memory.roots);
	ARRAY_FREE(&scan->memory.words);
	ARRAY_FREE(&scan->memory.code);
	ARRAY_FREE(&scan->memory.tables);
	maps_free(&scan->maps);
}
