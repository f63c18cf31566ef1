/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child's memory is copied while it stands still; roots are what it holds pointers in, and not what is an allocator's, or ours. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "memtrace/wire.h"
#include "remote/leak_scan.h"
#include "unit/tracee.h"

enum { STOP_MS = 5000, AREA = 1 << 16 };

/* An area of an allocator, and pages for all sorts of roots: parent and child have them at the same addresses. */
static char *area, *root, *protected, *shared, *owned, *sparse;
static union {
	struct wire_owned list;
	char room[sizeof(struct wire_owned) + sizeof(struct wire_owned_item)];
} owned_by_us;

static char *map(size_t size, int flags)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	cr_assert_neq(at, MAP_FAILED);
	return at;
}

/* Nothing on this stack, nor in data, may point to blocks: they are counted from the area. */
#define BLOCK(n) ((uint64_t)(uintptr_t)area + 4096 + (n) * 256)

static void point(char *from, size_t at, unsigned int block)
{
	uint64_t hidden = ~BLOCK(block);

	*(volatile uint64_t *)(from + at) = ~hidden;
}

static void fill(void)
{
	point(root, 8, 0);
	point(protected, 4096, 1);
	mprotect(protected, AREA, PROT_READ);
	point(shared, 16, 2);
	point(owned, 24, 3);
	point(area, 4096 + 4 * 256 + 128, 5); /* behind block 4 */
	point(area, 4096 + 0 * 256, 6);       /* in block 0 */
	point(sparse, (size_t)1 << 36, 7);
	tracee_ready();
	while (!tracee_shared->go)
		usleep(1000);
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

static void make(void)
{
	area = map(AREA, MAP_PRIVATE);
	root = map(AREA, MAP_PRIVATE);
	protected = map(AREA, MAP_PRIVATE);
	shared = map(AREA, MAP_SHARED);
	owned = map(AREA, MAP_PRIVATE);
	sparse = map(((size_t)1 << 36) + AREA, MAP_PRIVATE);
	owned_by_us.list.capacity = 1;
	owned_by_us.list.used = 1;
	owned_by_us.list.items[0].start = (uintptr_t)owned;
	owned_by_us.list.items[0].size = AREA;
}

/* The kinds of blocks 0 to 7 of a child, as D, I, P and R. */
static const char *scan(bool partial)
{
	static char text[9];
	struct error err = ERROR_INIT;
	struct process process;
	struct leak_scan scan;
	pid_t pid;

	tracee_needs_ptrace();
	make();
	pid = tracee_start(fill, 0);
	cr_assert_eq(leak_scan_begin(&scan, pid, &err), 0, "%s", err.text);
	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	cr_assert_eq(process_stop(&process, STOP_MS, &err), 0, "%s", err.text);
	cr_assert_eq(leak_scan_copy(&scan, &process, (uintptr_t)&owned_by_us, &err), 0, "%s", err.text);
	process_release(&process);
	cr_assert_eq(tracee_end(pid), SIGTERM);
	for (unsigned int i = 0; i < 8; i++)
		*ARRAY_PUSH(&scan.memory.blocks) = (struct leak_block){ .address = BLOCK(i), .size = 64 };
	/* The kernel may have made one mapping of all: the program's own are known. */
	for (size_t i = 0; i < 6; i++) {
		char *starts[] = { area, root, protected, shared, owned, sparse };

		*ARRAY_PUSH(&scan.ranges) = (struct leak_range){ (uintptr_t)starts[i],
			(uintptr_t)starts[i] + AREA + (i == 5 ? (size_t)1 << 36 : 0) };
	}
	scan.partial = partial;
	leak_scan_find(&scan);
	cr_assert_eq(scan.memory.blocks.count, 8);
	for (int i = 0; i < 8; i++)
		text[i] = "DIPR"[scan.memory.blocks.items[i].kind];
	leak_scan_free(&scan);
	return text;
}

Test(leak_scan, roots)
{
	cr_assert_str_eq(scan(false), "RRRDDDRR");
}

Test(leak_scan, where_blocks_are_unknown_the_rest_of_the_heap_is_a_root)
{
	cr_assert_str_eq(scan(true), "RRRDDRRR");
}

Test(leak_scan, a_process_that_is_not_there)
{
	struct error err = ERROR_INIT;
	struct process none = { .pid = 4194304 };
	struct leak_scan scan;

	cr_assert_eq(leak_scan_begin(&scan, none.pid, &err), 0);
	cr_assert_eq(leak_scan_copy(&scan, &none, 0, &err), -1);
	leak_scan_free(&scan);
}
