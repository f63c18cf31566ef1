/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes paths: see path.h. */
#include "shim/path.h"
#include "shim/shim.h"

/* Where path_find will look, the last of its places at worst. */
static struct path *place(struct path *paths, const struct trail_frame *leaf)
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

void path_keep(struct path *paths, const struct trail *trail, uint32_t id)
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

void path_forget(struct path *paths)
{
	for (uint32_t i = 0; i < PATHS; i++)
		paths[i].pc = 0;
}
