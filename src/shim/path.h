/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Short ways from a leaf to a frame of the trail that were gone lately, with the trace id at their
 * end: loops that allocate at several places below one frame come by them again and again.
 *
 * A path is right if its leaf is the caller of the hook, all its cells hold what they held, the
 * frame that it joins has the pc, rsp and hash that it had, and rbp if that matters, and the cells
 * from there to the root hold what they held: then each frame is what it was, by the induction of
 * trail.h, and the same hash of the same modules means the same id.
 *
 * They are a direct-mapped table for each level of a thread, 256 bytes a path. It begins small and
 * grows while it is missed in often, and while all tables together stay below a limit.
 * Ways that have a leaf in common, such as a wrapper of malloc, go by the first cell in which they
 * differ to a next place.
 */
#ifndef SHIM_PATH_H
#define SHIM_PATH_H

#include "shim/trail.h"

enum {
	PATH_CELLS = 12,
	PATH_HOPS = 4,
	PATHS_FIRST_BITS = 4,
	PATHS_MOST_BITS = 10,
	PATHS_ALL_BYTES = 2 << 20, /* of all tables that have grown */
};

struct path {
	uint64_t pc, rsp, rbp; /* of the leaf; pc 0: none */
	struct unwind_state join;
	uint64_t hash;
	uint32_t id;	      /* the trace */
	uint32_t joined : 20; /* the index of the frame that it joins */
	uint32_t n_cells : 4, live : 1;
	struct trail_cell cells[PATH_CELLS];
};

_Static_assert(sizeof(struct path) == 256, "all but the cells in one line");

struct paths {
	struct path *slots; /* 1 << bits */
	uint32_t bits;
	uint32_t n_kept; /* since it has grown */
};

static inline size_t paths_bytes(uint32_t bits)
{
	return sizeof(struct path) << bits;
}
/* MEMORY: paths_bytes(PATHS_FIRST_BITS), zeros. */
void paths_init(struct paths *paths, void *memory);
/* Gives back what it has grown to. */
void paths_release(struct paths *paths);

/* Keeps the walk that TRAIL holds, if it is short, as that of ID. */
void path_keep(struct paths *paths, const struct trail *trail, uint32_t id);
/* None of them is right any more. */
void path_forget(struct paths *paths);

static inline struct path *path_slot(const struct paths *paths, uint64_t key)
{
	return &paths->slots[key * 0x9E3779B97F4A7C15ull >> (64 - paths->bits)];
}

/* Where the way of a leaf is looked for first. */
static inline uint64_t path_key(uint64_t pc, uint64_t rsp)
{
	return pc ^ rsp << 20;
}

/* And then, where PATH agrees with it as far as to CELL. */
static inline uint64_t path_key_after(uint64_t key, const struct trail_cell *cell, uint64_t value)
{
	return (key ^ value) * 0xD6E8FEB86659FD93ull + cell->address;
}

static inline bool path_is_of(const struct path *path, uint64_t pc, uint64_t rsp, uint64_t rbp)
{
	return path->pc == pc && path->rsp == rsp && (path->rbp == rbp || !path->live);
}

/* 1 + the index of the nearest cell that has changed, 0: none. */
static inline uint32_t path_changed(const struct path *path)
{
	for (uint32_t i = path->n_cells; i > 0; i--)
		if (trail_difference(&path->cells[i - 1]))
			return i;
	return 0;
}

static inline bool path_is_joined(const struct path *path, const struct trail *trail)
{
	const struct trail_frame *join = &trail->frames[path->joined];

	return path->joined < trail->n_kept && join->hash == path->hash &&
	       join->pc == path->join.pc && join->rsp == path->join.rsp &&
	       (join->rbp == path->join.rbp || !join->live) && !trail_changed(trail, join->cells);
}

/* The trace id of the hook at FRAME, or 0: its caller's way is not known. */
static inline __attribute__((always_inline)) uint32_t path_find(
	const struct paths *paths, const struct trail *trail, uintptr_t frame)
{
	const uint64_t *state = (const uint64_t *)frame, pc = state[1], rsp = frame + 16;
	uint64_t key = path_key(pc, rsp);

	for (int hop = 0; hop < PATH_HOPS; hop++) {
		const struct path *path = path_slot(paths, key);
		uint32_t changed;

		if (!path_is_of(path, pc, rsp, state[0]))
			return 0;
		changed = path_changed(path);
		if (!changed)
			return path_is_joined(path, trail) ? path->id : 0;
		key = path_key_after(key, &path->cells[changed - 1],
			*(const volatile uint64_t *)path->cells[changed - 1].address);
	}
	return 0;
}

#endif
