/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smaps has the resident bytes of each mapping, and adjacent mappings of different owners may be one there. Where a range's edge
 * lies within a mapping, its pages are counted by pagemap, as far as that may be read and the piece is not larger than
 * PIECE_MAX; else they are counted with the rest of the mapping.
 *
 * The stack of a thread is a mapping without a file behind a small guard without permissions. An arena of glibc's is at a multiple
 * of 64 MiB, with what it does not use yet behind it.
 *
 * Cost: the kernel walks what is resident, some 10 ms a GiB; it delays the program only where that maps or unmaps meanwhile.
 */
#include "record/residency.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096, CHUNK = 512 /* pages of one read */ };
#define KIB_MAX ((uint64_t)1 << 34) /* of one mapping; there are 65530 at most */
#define PIECE_MAX ((uint64_t)1 << 32)
#define GUARD_MAX ((uint64_t)64 << 10)
#define ARENA_ALIGNMENT ((uint64_t)64 << 20)
#define PRESENT ((uint64_t)1 << 63)

struct area {
	uint64_t start, end, resident, anonymous; /* bytes; anonymous: not those of its file */
	char permissions[5];
	char name[32];                            /* its beginning */
	bool memtrace;
};

struct reading {
	struct residency *residency;
	const struct residency_ranges *ranges;
	int pagemap;
	struct area before;                       /* the mapping below */
	uint64_t file_end;                        /* of a private file mapping and of what is behind it without a gap */
};

static void count(struct reading *reading, enum memory_kind kind, uint64_t size)
{
	reading->residency->sizes[kind] += size;
	reading->residency->sizes[MEMORY_RESIDENT] += size;
}

/* Resident bytes of [start, end); 0 where nobody tells. */
static uint64_t piece(const struct reading *reading, uint64_t start, uint64_t end)
{
	uint64_t entries[CHUNK], resident = 0;

	if (reading->pagemap < 0 || end - start > PIECE_MAX)
		return 0;
	for (uint64_t page = start / PAGE; page < (end + PAGE - 1) / PAGE;) {
		uint64_t left = (end + PAGE - 1) / PAGE - page, wanted = left < CHUNK ? left : CHUNK;
		ssize_t got = pread(reading->pagemap, entries, wanted * sizeof *entries, (off_t)(page * sizeof *entries));

		if (got < (ssize_t)sizeof *entries)
			break;
		for (uint64_t i = 0; i < (uint64_t)got / sizeof *entries; i++)
			resident += entries[i] & PRESENT ? PAGE : 0;
		page += (uint64_t)got / sizeof *entries;
	}
	return resident;
}

/* What nobody has claimed of a mapping without a file. */
static enum memory_kind unclaimed(const struct reading *reading, const struct area *area)
{
	const struct area *before = &reading->before;
	bool guarded = before->end == area->start && strncmp(before->permissions, "---p", 4) == 0 &&
		       before->end - before->start <= GUARD_MAX;

	if (strncmp(area->name, "[stack", 6) == 0)
		return MEMORY_STACKS;
	if (strcmp(area->name, "[heap]") == 0 || strncmp(area->name, "[anon:", 6) == 0)
		return MEMORY_ALLOCATOR;
	if (*area->name)
		return MEMORY_OTHER;
	if (area->start == reading->file_end)
		return MEMORY_DATA;
	return guarded && area->start % ARENA_ALIGNMENT ? MEMORY_STACKS : MEMORY_ALLOCATOR;
}

static void count_private(struct reading *reading, const struct area *area)
{
	const struct residency_ranges *ranges = reading->ranges;
	uint64_t left = area->resident;

	for (size_t i = 0; i < ranges->all.count; i++) {
		const struct residency_range *range = &ranges->all.items[i];
		uint64_t start = range->start > area->start ? range->start : area->start;
		uint64_t end = range->end < area->end ? range->end : area->end, size;

		if (start >= end)
			continue;
		size = start == area->start && end == area->end ? left : piece(reading, start, end);
		size = size < left ? size : left;
		count(reading, range->kind, size);
		left -= size;
	}
	count(reading, unclaimed(reading, area), left);
}

static void count_area(struct reading *reading, const struct area *area)
{
	if (area->memtrace) {
		count(reading, MEMORY_MEMTRACE, area->resident);
	} else if (*area->name == '/' || (*area->name && *area->name != '[')) {
		uint64_t own = area->anonymous < area->resident ? area->anonymous : area->resident;
		bool nameless = strncmp(area->name, "/memfd:", 7) == 0 || strncmp(area->name, "/dev/zero", 9) == 0 ||
				strncmp(area->name, "/SYSV", 5) == 0 || strncmp(area->name, "/dev/shm/", 9) == 0;

		count(reading, MEMORY_DATA, own);
		count(reading, nameless ? MEMORY_SHARED : MEMORY_FILES, area->resident - own);
	} else if (area->permissions[3] == 's') {
		count(reading, MEMORY_SHARED, area->resident);
	} else {
		count_private(reading, area);
	}
	if (*area->name == '/' && area->permissions[3] == 'p')
		reading->file_end = area->end;
	reading->before = *area;
}

/* "7fda1c000000-7fda1c021000 rw-p 00000000 00:00 0    NAME" */
static bool parse_head(const char *line, struct area *area)
{
	int at = 0;

	*area = (struct area){.start = 0};
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %n", &area->start, &area->end, area->permissions, &at) != 3 ||
		at == 0 || area->end <= area->start)
		return false;
	snprintf(area->name, sizeof area->name, "%.*s", (int)strcspn(line + at, "\n"), line + at);
	area->memtrace = strstr(line + at, "/libmemtrace") || strncmp(area->name, "/memfd:memtrace", 15) == 0;
	return true;
}

void residency_read(struct residency *residency, FILE *smaps, int pagemap, const struct residency_ranges *ranges)
{
	struct reading reading = {.residency = residency, .ranges = ranges, .pagemap = pagemap};
	struct area area = {.start = 0}, next;
	size_t capacity = 0;
	bool begun = false;
	uint64_t kib;
	char *line = NULL;

	memset(residency->sizes, 0, sizeof residency->sizes);
	while (getline(&line, &capacity, smaps) > 0) {
		if (sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
			area.resident = kib < KIB_MAX ? kib * 1024 : 0;
		} else if (sscanf(line, "Anonymous: %" SCNu64, &kib) == 1) {
			area.anonymous = kib < KIB_MAX ? kib * 1024 : 0;
		} else if ((*line < 'A' || *line > 'Z') && parse_head(line, &next)) {
			if (begun)
				count_area(&reading, &area);
			area = next;
			begun = true;
		}
	}
	if (begun)
		count_area(&reading, &area);
	residency->known = begun && residency->sizes[MEMORY_RESIDENT];
	free(line);
}
