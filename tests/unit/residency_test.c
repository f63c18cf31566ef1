/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What resident memory consists of, of texts as /proc/PID/smaps has them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "record/residency.h"

#define AREA(place, permissions, name, rss, anonymous) \
	place " " permissions " 00000000 00:00 0    " name "\nSize:   8 kB\nRss:     " #rss " kB\nPss: 1 kB\nAnonymous:    " #anonymous \
	" kB\nVmFlags: rd wr\n"

static struct residency looked(const char *text, const struct residency_range *ranges, size_t n)
{
	struct residency_ranges all = {.all = {.items = (struct residency_range *)ranges, .count = n}};
	struct residency residency = {.known = false};
	FILE *smaps = fmemopen((void *)text, strlen(text), "r");

	residency_read(&residency, smaps, -1, &all);
	fclose(smaps);
	return residency;
}

static void assert_kib(const char *text, const struct residency_range *ranges, size_t n, enum memory_kind kind, uint64_t kib)
{
	struct residency residency = looked(text, ranges, n);
	uint64_t sum = 0;

	cr_assert(residency.known);
	for (int i = MEMORY_RESIDENT + 1; i < MEMORY_PARTS_END; i++)
		sum += residency.sizes[i];
	cr_expect_eq(residency.sizes[MEMORY_RESIDENT], sum);
	cr_expect_eq(residency.sizes[kind], kib * 1024, "%s: %ld of %ld", memory_kind_name(kind), (long)residency.sizes[kind], (long)kib * 1024);
}

Test(residency, whose_each_mapping_is)
{
	static const struct {
		const char *area;
		enum memory_kind kind;
		uint64_t kib;
	} areas[] = {
		{AREA("55a0-66b000", "rw-p", "[heap]", 40, 40), MEMORY_ALLOCATOR, 40},
		{AREA("7f0010000000-7f0010008000", "rw-p", "", 12, 12), MEMORY_ALLOCATOR, 12},
		{AREA("7f0010000000-7f0010008000", "rw-p", "[stack]", 12, 12), MEMORY_STACKS, 12},
		{AREA("7f0010000000-7f0010008000", "r-xp", "/usr/bin/x y", 12, 0), MEMORY_FILES, 12},
		{AREA("7f0010000000-7f0010008000", "rw-p", "/usr/bin/x y", 12, 8), MEMORY_DATA, 8},
		{AREA("7f0010000000-7f0010008000", "rw-p", "/usr/bin/x y", 12, 8), MEMORY_FILES, 4},
		{AREA("7f0010000000-7f0010008000", "rw-s", "/memfd:x (deleted)", 12, 0), MEMORY_SHARED, 12},
		{AREA("7f0010000000-7f0010008000", "rw-s", "/dev/zero (deleted)", 12, 0), MEMORY_SHARED, 12},
		{AREA("7f0010000000-7f0010008000", "rw-s", "/memfd:memtrace (deleted)", 12, 0), MEMORY_MEMTRACE, 12},
		{AREA("7f0010000000-7f0010008000", "r-xp", "/opt/a b/libmemtrace.so", 12, 8), MEMORY_MEMTRACE, 12},
		{AREA("7f0010000000-7f0010008000", "r-xp", "[vdso]", 4, 0), MEMORY_OTHER, 4},
		{AREA("7f0010000000-7f0010008000", "rw-p", "[anon:glibc: malloc]", 4, 4), MEMORY_ALLOCATOR, 4},
		{AREA("7f0010000000-7f0010008000", "rw-p", "anon_inode:[io_uring]", 4, 0), MEMORY_FILES, 4},
	};

	for (size_t i = 0; i < sizeof(areas) / sizeof(*areas); i++)
		assert_kib(areas[i].area, NULL, 0, areas[i].kind, areas[i].kib);
}

/* A stack lies behind its guard, an arena at a multiple of 64 MiB, .bss behind the file's data. */
Test(residency, what_stands_before_it)
{
#define GUARD AREA("7f0010000000-7f0010001000", "---p", "", 0, 0)
	assert_kib(GUARD AREA("7f0010001000-7f0010801000", "rw-p", "", 20, 20), NULL, 0, MEMORY_STACKS, 20);
	assert_kib(GUARD AREA("7f0010002000-7f0010801000", "rw-p", "", 20, 20), NULL, 0, MEMORY_ALLOCATOR, 20);
	assert_kib(AREA("7f000ffff000-7f0010000000", "---p", "", 0, 0) AREA("7f0010000000-7f0010021000", "rw-p", "", 20, 20), NULL, 0,
		MEMORY_ALLOCATOR, 20);
	assert_kib(AREA("7f0010000000-7f0010100000", "---p", "", 0, 0) AREA("7f0010100000-7f0010801000", "rw-p", "", 20, 20), NULL, 0,
		MEMORY_ALLOCATOR, 20);
	assert_kib(AREA("7f0010000000-7f0010001000", "rw-p", "/lib/a.so", 4, 4) AREA("7f0010001000-7f0010003000", "rw-p", "", 8, 8),
		NULL, 0, MEMORY_DATA, 12);
}

/* Ranges that somebody has claimed; those of a part of a mapping cannot be counted without pagemap. */
Test(residency, ranges)
{
	static const struct residency_range ranges[] = {
		{0x1000, 0x2000, MEMORY_MAPPED},
		{0x5000, 0x7000, MEMORY_MAPPED},
		{0x8000, 0x9000, MEMORY_MEMTRACE},
		{0xa000, 0xf000, MEMORY_MEMTRACE},
	};

	assert_kib(AREA("5000-7000", "rw-p", "", 8, 8), ranges, 4, MEMORY_MAPPED, 8);
	assert_kib(AREA("b000-c000", "rw-p", "", 4, 4), ranges, 4, MEMORY_MEMTRACE, 4);
	assert_kib(AREA("7000-9000", "rw-p", "", 8, 8), ranges, 4, MEMORY_ALLOCATOR, 8);
	assert_kib(AREA("2000-5000", "rw-p", "", 8, 8), ranges, 4, MEMORY_ALLOCATOR, 8);
	/* A file's pages stay the file's. */
	assert_kib(AREA("5000-7000", "r--p", "/etc/passwd", 8, 0), ranges, 4, MEMORY_FILES, 8);
}

/* The kernel's text is foreign, too. */
Test(residency, nonsense)
{
	static const char *const texts[] = {"", "\n", "x", "Rss: 5 kB\n", "7000-5000 rw-p 0 0 0 \nRss: 5 kB\n", "5000-7000\n", "5000-7000 rw-p\n",
		"5000-7000 rw-p 0 0:0 0 \nRss: 99999999999999999999999 kB\n"};

	for (size_t i = 0; i + 1 < sizeof(texts) / sizeof(*texts); i++)
		cr_expect(*texts[i] == '\0' || !looked(texts[i], NULL, 0).known, "%s", texts[i]);
	cr_expect_eq(looked(texts[sizeof(texts) / sizeof(*texts) - 1], NULL, 0).sizes[MEMORY_RESIDENT], 0);
}
