/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What memtrace attach and detach make a thread of a running process call (wire.h). Neither takes a lock, allocates or
 * touches errno. A shim that was there from the program's beginning needs no binding: its collector
 * has gone, and another comes.
 */
#include <x86intrin.h>
#include "shim/graft.h"
#include "shim/life.h"
#include "shim/lookup.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum { WAIT_NS = 200000000 };

static bool is_of_our_build(const struct wire_join *letter)
{
	return letter->version == WIRE_VERSION;
}

static void bind(bool to_hooks, struct wire_join *letter)
{
	struct graft done = {0};

	if (lookup_is_late())
		graft(to_hooks, &done);
	letter->bound = done.bound;
	letter->deaf = done.deaf;
}

/* Whoever made us be called looks at the result, and takes the thread back from here. Where nobody does, it goes on soon. Not by a
 * sleep: one that is cut off would take the place of the sleep that the thread was taken out of. */
static void tell(struct wire_join *letter, enum wire_join_result result)
{
	struct timespec begin = {0}, now = {0};

	SYS_CALL(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&begin);
	atomic_store(&letter->result, result);
	do {
		_mm_pause();
		SYS_CALL(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now);
	} while ((now.tv_sec - begin.tv_sec) * 1000000000l + now.tv_nsec - begin.tv_nsec < WAIT_NS);
}

SHIM_EXPORT void memtrace_join(struct wire_join *letter)
{
	enum wire_join_result result = WIRE_JOIN_VERSION;

	if (is_of_our_build(letter))
		result = life_join(letter);
	if (result == WIRE_JOIN_DONE)
		bind(true, letter);
	tell(letter, result);
}

SHIM_EXPORT void memtrace_leave(struct wire_join *letter)
{
	if (!is_of_our_build(letter)) {
		tell(letter, WIRE_JOIN_VERSION);
		return;
	}
	bind(false, letter);
	if (letter->flags & WIRE_JOIN_LAST)
		life_leave(letter->flags & WIRE_JOIN_ALONE);
	tell(letter, WIRE_JOIN_DONE);
}
