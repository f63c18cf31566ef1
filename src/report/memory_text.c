/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line a part, the largest part of most programs first. What is in the allocator's hands is told apart where the bytes that
 * it has given are known: what was requested, what it gave more, and what it keeps for later; where it has less resident than it
 * has given, some of that was never touched.
 */
#include "report/memory_text.h"

#include <inttypes.h>
#include "base/units.h"

static const char *const words[] = {
	[MEMORY_ALLOCATOR] = "in the allocator's hands",
	[MEMORY_MAPPED] = "mapped by the program",
	[MEMORY_FILES] = "files: code, constants, mapped files",
	[MEMORY_DATA] = "data of executable and libraries",
	[MEMORY_SHARED] = "shared memory",
	[MEMORY_STACKS] = "stacks",
	[MEMORY_MEMTRACE] = "memtrace's own",
	[MEMORY_OTHER] = "unexplained",
};

static void row(struct out *out, const char *indent, uint64_t size, const char *what)
{
	char text[UNITS_MAX];

	out_format(out, "%s%9s  %s\n", indent, units_size(text, (int64_t)size, false), what);
}

static void allocator(const struct snapshot *snapshot, size_t moment, uint64_t resident, struct out *out)
{
	uint64_t requested, usable;

	if (!snapshot_memory(snapshot, moment, MEMORY_REQUESTED, &requested))
		return;
	row(out, "      ", requested, "requested");
	if (!snapshot_memory(snapshot, moment, MEMORY_USABLE, &usable) || usable < requested) {
		out_text(out, "              ?  overhead, and free in the allocator: its rules are not known\n");
		return;
	}
	row(out, "      ", usable - requested, "overhead: what it gave more than that");
	if (resident >= usable)
		row(out, "      ", resident - usable, "free in the allocator, and its own");
	else
		row(out, "     −", usable - resident, "of these were never touched");
}

void memory_text(const struct snapshot *snapshot, size_t moment, struct out *out)
{
	uint64_t size, age = 0;

	if (!snapshot_memory(snapshot, moment, MEMORY_RESIDENT, &size))
		return;
	row(out, "    ", size, "resident, of that");
	for (int kind = MEMORY_RESIDENT + 1; kind < MEMORY_PARTS_END; kind++) {
		if (!snapshot_memory(snapshot, moment, kind, &size) || size == 0)
			continue;
		row(out, "    ", size, words[kind]);
		if (kind == MEMORY_ALLOCATOR)
			allocator(snapshot, moment, size, out);
	}
	if (snapshot_memory(snapshot, moment, MEMORY_AGE_NS, &age) && age >= 10000000)
		out_format(out, "    (looked at %.2f s before)\n", (double)age / 1e9);
}
