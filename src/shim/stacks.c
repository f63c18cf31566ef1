/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every prefix of a stack, from the root, has a hash chained of its pcs; a table (id_table.h) knows
 * the ids of those that were told. A known stack is one look-up, of its whole hash. A new one looks
 * for its deepest known prefix, tells the nodes beyond it to the own ring, publishes them, and only
 * then lets others find their ids: so no ring can use an id before some ring has explained it. Two
 * threads may explain the same stack at once; then it has two ids, which the reader merges.
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
#include "shim/shim.h"
#include "shim/stacks.h"
#include "shim/sys.h"

static struct id_table table;
static _Atomic uint32_t last_id;

static inline uint64_t mix(uint64_t hash, uint64_t pc)
{
	hash = (hash ^ pc) * 0x9FB21C651E98DF25ull;
	return hash ^ hash >> 29;
}

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
		sys_munmap(memory, id_table_bytes(index));
		atomic_fetch_sub(&channel.memory, id_table_bytes(index));
	}
}

void stacks_make_room(void)
{
	if (atomic_load(&table.n_last) > 0)
		make_room();
}

bool stacks_prepare(void)
{
	if (atomic_load(&table.n_tables) == 0)
		make_room();
	return atomic_load(&table.n_tables) > 0;
}

static bool put_node(struct producer *producer, uint64_t flags, uint64_t ids, uint64_t value)
{
	if (!ring_reserve(producer, 3))
		return false;
	ring_put(producer, wire_other(WIRE_NODE, 3, flags));
	ring_put(producer, ids);
	ring_put(producer, value);
	return true;
}

/* What is being looked up: pcs[0, n) and their hashes, hashes[i] of the stack from the root to
 * pcs[i]. */
struct stack {
	size_t n, depth;
	uint64_t cut_hash; /* of the cut node, 0: the stack is whole */
};

/* Tells the nodes of pcs[0, n_new), whose parent is known as PARENT; returns the id of the leaf,
 * 0: could not. */
static uint32_t tell_nodes(
	struct producer *producer, const struct stack *stack, size_t n_new, uint32_t parent)
{
	uint32_t count = (uint32_t)n_new + (stack->cut_hash != 0);
	uint32_t first = atomic_fetch_add(&last_id, count) + 1, id = first;

	for (size_t i = n_new; i-- > 0; parent = id++)
		if (!put_node(producer, 0, (uint64_t)id << 32 | parent, producer->pcs[i]))
			return 0;
	if (stack->cut_hash) {
		if (!put_node(producer, WIRE_NODE_CUT, (uint64_t)id << 32 | parent, stack->depth))
			return 0;
		parent = id;
	}
	ring_publish(producer);
	ring_flush(producer);

	if (id_table_is_full(&table))
		make_room();
	id = first;
	for (size_t i = n_new; i-- > 0; id++)
		id_table_put(&table, producer->hashes[i], id);
	if (stack->cut_hash)
		id_table_put(&table, stack->cut_hash, id);
	return parent;
}

static uint64_t hash_all(struct producer *producer, struct stack *stack)
{
	uint64_t hash = modules_seed();

	for (size_t i = stack->n; i-- > 0;) {
		hash = mix(hash, producer->pcs[i]);
		producer->hashes[i] = finish(hash);
	}
	stack->cut_hash = stack->depth > stack->n ? finish(mix(~hash, stack->depth)) : 0;
	return stack->cut_hash ? stack->cut_hash : producer->hashes[0];
}

static uint32_t tell(struct producer *producer, struct stack *stack)
{
	size_t n_new = 0;
	uint32_t parent = 0;

	while (n_new < stack->n && !(parent = id_table_get(&table, producer->hashes[n_new])))
		n_new++;
	/* A pc in a module that was not known may mean that the stack is another than it seemed:
	 * begin again. */
	for (size_t i = 0; i < n_new; i++)
		if (modules_meet(producer, producer->pcs[i])) {
			uint64_t hash = hash_all(producer, stack);
			uint32_t id = id_table_get(&table, hash);

			return id ? id : tell(producer, stack);
		}
	return tell_nodes(producer, stack, n_new, parent);
}

uint32_t stacks_trace(struct producer *producer, size_t n, size_t depth)
{
	struct stack stack = {.n = n, .depth = depth};
	uint64_t hash;
	uint32_t id;

	if (n == 0)
		return 0;
	hash = hash_all(producer, &stack);
	if (hash == producer->last_hash)
		return producer->last_trace;
	id = id_table_get(&table, hash);
	if (!id)
		id = tell(producer, &stack);
	/* The seed may have moved on meanwhile, so the hash may not be that of this id. */
	producer->last_hash =
		id && hash == (stack.cut_hash ? stack.cut_hash : producer->hashes[0]) ? hash : 0;
	producer->last_trace = id;
	return id;
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
