/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes paths: see path.h. */
#include "shim/channel.h"
#include "shim/path.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum { GROWTH_BITS = 2, MISSES = 4 /* of each slot, until it grows */ };

static _Atomic uint64_t grown_bytes;

void paths_init(struct paths *paths, void *memory)
{
	*paths = (struct paths){.slots = memory, .bits = PATHS_FIRST_BITS};
}

static void give_back(struct path *slots, uint32_t bits)
{
	if (bits == PATHS_FIRST_BITS)
		return;
	channel_free(slots, paths_bytes(bits));
	atomic_fetch_sub(&channel.memory, paths_bytes(bits));
	atomic_fetch_sub(&grown_bytes, paths_bytes(bits));
}

void paths_release(struct paths *paths)
{
	give_back(paths->slots, paths->bits);
}

static void grow(struct paths *paths)
{
	uint32_t bits = paths->bits + GROWTH_BITS < PATHS_MOST_BITS ? paths->bits + GROWTH_BITS
								    : PATHS_MOST_BITS;
	struct paths old = *paths;
	struct path *slots = NULL;

	paths->n_kept = 0;
	if (bits == old.bits)
		return;
	if (atomic_fetch_add(&grown_bytes, paths_bytes(bits)) + paths_bytes(bits) <=
		PATHS_ALL_BYTES)
		slots = channel_memory(paths_bytes(bits));
	if (!slots) {
		atomic_fetch_sub(&grown_bytes, paths_bytes(bits));
		return;
	}
	/* Whoever leaves in the middle by a jump finds either few bits of the new ones or all. */
	paths->slots = slots;
	atomic_signal_fence(memory_order_seq_cst);
	paths->bits = bits;
	give_back(old.slots, old.bits);
}

/* Where path_find will look, the last of its places at worst. */
static struct path *place(const struct paths *paths, const struct trail_frame *leaf)
{
	uint64_t key = path_key(leaf->pc, leaf->rsp);
	struct path *path = path_slot(paths, key);
	uint32_t changed;

	for (int hop = 1; hop < PATH_HOPS; hop++) {
		if (!path_is_of(path, leaf->pc, leaf->rsp, leaf->rbp) ||
			!(changed = path_changed(path)))
			break;
		key = path_key_after(key, &path->cells[changed - 1],
			*(const volatile uint64_t *)path->cells[changed - 1].address);
		path = path_slot(paths, key);
	}
	return path;
}

void path_keep(struct paths *paths, const struct trail *trail, uint32_t id)
{
	const uint32_t joined = trail->left - 1;
	const struct trail_frame *leaf = trail_leaf(trail), *join;
	struct path *path;
	uint32_t from;

	if (!id || !trail->left || trail->n_kept != trail->n || trail->left == trail->n)
		return;
	join = &trail->frames[joined];
	from = join->cells;
	if (leaf->cells - from > PATH_CELLS)
		return;
	if (unlikely(paths->n_kept++ >> paths->bits >= MISSES))
		grow(paths);
	path = place(paths, leaf);
	/* Until it is whole, for a signal handler that leaves us by a jump. */
	path->pc = 0;
	atomic_signal_fence(memory_order_seq_cst);
	path->rsp = leaf->rsp;
	path->rbp = leaf->rbp;
	path->live = leaf->live;
	path->join = (struct unwind_state){join->pc, join->rsp, join->rbp};
	path->hash = join->hash;
	path->joined = joined;
	path->id = id;
	path->n_cells = leaf->cells - from;
	for (uint32_t i = 0; i < path->n_cells; i++)
		path->cells[i] = trail->cells[from + i];
	atomic_signal_fence(memory_order_seq_cst);
	path->pc = leaf->pc;
}

void path_forget(struct paths *paths)
{
	for (uint32_t i = 0; i < 1u << paths->bits; i++)
		paths->slots[i].pc = 0;
}
