/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every prefix of a stack, from the root, has a hash chained of its pcs (trail.h); a table
 * (id_table.h) knows the ids of those that were told. A known stack is one look-up, of its whole
 * hash. A new one looks for its deepest known prefix, tells the nodes beyond it to the own ring,
 * publishes them, and only then lets others find their ids: so no ring can use an id before some
 * ring has explained it. Two threads may explain the same stack at once; then it has two ids, which
 * the reader merges.
 *
 * A stack of more frames than are kept is told as the nearest ones and a node that says how many
 * there were; the hash of all its frames leads to that. As the same nearest frames stand under
 * others at other depths, they have a chain of their own. The limit belongs to that hash, since the program may change it.
 *
 * The chain begins with the seed of the modules (modules.h): where a plugin has gone and another
 * may stand at its addresses, the same pcs are other stacks.
 *
 * Two stacks of one hash would be taken for one: at a million stacks of 100 frames, a chance of 3
 * in 10 000.
 */
#include "shim/channel.h"
#include "shim/id_table.h"
#include "shim/modules.h"
#include "shim/ring.h"
#include "shim/sampling.h"
#include "shim/shim.h"
#include "shim/stacks.h"
#include "shim/sys.h"

enum { DOUBLINGS = 3 };

_Atomic bool stacks_cut;

void stacks_set_cut(void)
{
	if (atomic_load_explicit(&stacks_cut, memory_order_relaxed))
		return;
	atomic_store(&stacks_cut, true);
	sampling_listen();
}

static struct id_table table;
static _Atomic uint32_t last_id;

/* 0 is no hash, it marks a free entry. */
static inline uint64_t finish(uint64_t hash)
{
	hash *= 0xD6E8FEB86659FD93ull;
	return hash ? hash : 1;
}

static void make_room(void)
{
	uint32_t index = atomic_load(&table.n_tables);
	void *memory = index < ID_TABLES ? channel_memory(id_table_bytes(index)) : NULL;

	if (memory && !id_table_grow(&table, index, memory)) {
		channel_free(memory, id_table_bytes(index));
		atomic_fetch_sub(&channel.memory, id_table_bytes(index));
	}
}

void stacks_make_room(void)
{
	for (int i = 0; i < DOUBLINGS; i++)
		make_room();
}

bool stacks_prepare(void)
{
	if (atomic_load(&table.n_tables) == 0)
		make_room();
	return atomic_load(&table.n_tables) > 0;
}

/* How far a stack is known: its frames up to AT have HASH, and ID is told of them. */
struct prefix {
	uint32_t at;
	uint64_t hash;
	uint32_t id;
};

/* Of a stack that is kept whole: its hashes are known, those of a prefix hold its shorter ones. */
static struct prefix known_whole(const struct trail *trail)
{
	struct prefix prefix = {.at = trail->n, .hash = trail->seed};

	for (; prefix.at > 0; prefix.at--) {
		const struct trail_frame *frame = &trail->frames[prefix.at - 1];

		if (!trail_is_told(frame))
			continue;
		prefix.id = frame->id ? frame->id : id_table_get(&table, finish(frame->hash));
		if (prefix.id) {
			prefix.hash = frame->hash;
			break;
		}
	}
	return prefix;
}

/* Of the frames from FIRST on, as a chain of their own. */
static struct prefix known_from(const struct trail *trail, uint32_t first)
{
	struct prefix prefix = {.at = first, .hash = trail->seed};

	for (; prefix.at < trail->n; prefix.at++) {
		const struct trail_frame *frame = &trail->frames[prefix.at];
		uint64_t hash = trail_mix(prefix.hash, frame->pc);
		uint32_t id;

		if (!trail_is_told(frame))
			continue;
		id = id_table_get(&table, finish(hash));
		if (!id)
			break;
		prefix.hash = hash;
		prefix.id = id;
	}
	return prefix;
}

/* Tells the node FLAGS, VALUE under PREFIX, as ID; not published yet. */
static bool put_node(
	struct producer *producer, uint64_t flags, uint32_t id, uint32_t parent, uint64_t value)
{
	if (!ring_room(producer, 3))
		return false;
	ring_put(producer, wire_other(WIRE_NODE, 3, flags));
	ring_put(producer, (uint64_t)id << 32 | parent);
	ring_put(producer, value);
	return true;
}

static void publish_nodes(struct producer *producer)
{
	ring_publish(producer);
	ring_flush(producer);
	if (id_table_is_full(&table))
		make_room();
}

/* Tells what is beyond PREFIX, which then is all of the stack. False: could not. */
static bool tell_rest(struct producer *producer, struct prefix *prefix)
{
	const struct trail_frame *frame = &producer->trails.trail.frames[prefix->at];
	const struct trail_frame *end = &producer->trails.trail.frames[producer->trails.trail.n];
	uint32_t count = 0, parent = prefix->id, id;

	for (const struct trail_frame *it = frame; it < end; it++)
		count += trail_is_told(it);
	id = atomic_fetch_add(&last_id, count) + 1;
	for (const struct trail_frame *it = frame; it < end; it++)
		if (trail_is_told(it)) {
			if (!put_node(producer, 0, id, parent, it->pc))
				return false;
			parent = id++;
		}
	publish_nodes(producer);
	id -= count;
	for (; frame < end; frame++)
		if (trail_is_told(frame)) {
			prefix->hash = trail_mix(prefix->hash, frame->pc);
			prefix->id = id++;
			id_table_put(&table, finish(prefix->hash), prefix->id);
		}
	prefix->at = producer->trails.trail.n;
	return true;
}

/* The node that says how many frames there were. Returns its id, 0: could not. */
static uint32_t tell_cut(struct producer *producer, const struct prefix *prefix, uint32_t depth)
{
	const uint64_t hash = finish(trail_mix(~prefix->hash, depth));
	uint32_t id = id_table_get(&table, hash);

	if (id)
		return id;
	id = atomic_fetch_add(&last_id, 1) + 1;
	if (!put_node(producer, WIRE_NODE_CUT, id, prefix->id, depth))
		return 0;
	publish_nodes(producer);
	id_table_put(&table, hash, id);
	return id;
}

/* A pc in a module that was not known may mean that the stack is another than it seemed: then its
 * hashes begin with the new seed. */
static bool meet_modules(struct producer *producer, const struct prefix *prefix)
{
	struct trail *trail = &producer->trails.trail;

	for (uint32_t i = prefix->at; i < trail->n; i++)
		if (trail_is_told(&trail->frames[i]) &&
			modules_meet(producer, trail->frames[i].pc)) {
			trail_rehash(trail, modules_seed());
			return true;
		}
	return false;
}

/* The first of the frames that are kept. */
static uint32_t first_kept(const struct trail *trail, uint32_t limit)
{
	uint32_t cut = trail_leaf(trail)->depth - limit, low = 0, high = trail->n - 1;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (trail->frames[middle].depth > cut)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static uint32_t tell(struct producer *producer, bool cut)
{
	const struct trail *trail = &producer->trails.trail;
	uint32_t first = cut ? first_kept(trail, producer->frames_limit) : 0;
	struct prefix prefix;

	do
		prefix = cut ? known_from(trail, first) : known_whole(trail);
	while (meet_modules(producer, &prefix));
	if (prefix.at < trail->n && !tell_rest(producer, &prefix))
		return 0;
	return cut ? tell_cut(producer, &prefix, trail_leaf(trail)->depth) : prefix.id;
}

uint32_t stacks_find(struct producer *producer)
{
	struct trail *trail = &producer->trails.trail;
	struct trail_frame *leaf = &trail->frames[trail->n - 1];
	bool cut = leaf->depth > producer->frames_limit;
	uint64_t seed = trail->seed, key;
	uint32_t id;

	if (leaf->depth == 0)
		return 0;
	if (cut)
		stacks_set_cut();
	key = finish(cut ? trail_mix(~leaf->hash, producer->frames_limit) : leaf->hash);
	id = id_table_get(&table, key);
	if (id)
		return leaf->id = id;
	id = tell(producer, cut);
	if (!id)
		stacks_set_cut();
	/* The hash that was looked up may not be that of what was told. */
	if (id && cut && seed == trail->seed)
		id_table_put(&table, key, id);
	return leaf->id = id;
}

void stacks_forget_all(void)
{
	uint32_t n = atomic_load(&table.n_tables);

	/* The last table serves again, all zeros. Code of the parent's that a signal handler's fork
	 * interrupted may still hold the others, so they stay mapped, without memory. Tables of
	 * other sizes are made anew as they are needed. */
	for (uint32_t i = 0; i < n; i++)
		SYS_CALL(
			SYS_madvise, (long)table.tables[i], (long)id_table_bytes(i), MADV_DONTNEED);
	atomic_store(&table.n_last, 0);
	atomic_store(&last_id, 0);
}
