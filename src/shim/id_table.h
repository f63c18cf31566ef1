/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of (64-bit hash, 32-bit id) that any thread and any signal handler may read and add to at
 * any moment.
 *
 *	table:  | hash | id | hash | id | …     16-byte entries, linear probing; hash 0: free
 *
 * An entry goes from free to filled by one 16-byte compare and swap, and never changes after that,
 * but that its owner may set an id to 0, to be given again: nobody can see half of it, nobody ever
 * waits. A table that is half full gets a successor of twice
 * its size; entries move there when they are next found, and the old table stays, since somebody
 * may be reading it: all together they take less than twice the last one. Memory comes from the
 * caller, all zeros. Needs nothing else, so that it can be tested by itself.
 *
 * Where there is no memory for a successor (a jail allows no mmap) a table fills up. A search goes
 * no further than it ever has to in one that is half full; what finds no place within that is not
 * kept, and then is told again each time.
 */
#ifndef SHIM_ID_TABLE_H
#define SHIM_ID_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ID_TABLES = 20,
	ID_TABLE_FIRST_BITS = 13,
	ID_PROBES = 128, /* half full, one of 10^10 entries is further from its place */
};

struct id_entry {
	_Atomic uint64_t hash;
	_Atomic uint64_t id;
} __attribute__((aligned(16)));

struct id_table {
	struct id_entry *_Atomic tables[ID_TABLES]; /* of 2^(ID_TABLE_FIRST_BITS + index) entries */
	_Atomic uint32_t n_tables;
	_Atomic uint64_t n_last; /* entries in the last one */
};

static inline size_t id_table_bytes(uint32_t index)
{
	return sizeof(struct id_entry) << (ID_TABLE_FIRST_BITS + index);
}

static inline struct id_entry *id_table_first(struct id_table *table, uint32_t index, uint64_t hash)
{
	/* The hash is well mixed above; its low bits depend on the low bits of pcs alone. */
	return &table->tables[index][hash >> (64 - ID_TABLE_FIRST_BITS - index)];
}

static inline struct id_entry *id_table_next(
	struct id_table *table, uint32_t index, struct id_entry *entry)
{
	struct id_entry *end = table->tables[index] + (1ul << (ID_TABLE_FIRST_BITS + index));

	return entry + 1 == end ? table->tables[index] : entry + 1;
}

/* False: somebody has filled it before. */
static inline bool id_entry_fill(struct id_entry *entry, uint64_t hash, uint64_t id)
{
	uint64_t low = 0, high = 0;
	bool done;

	__asm__ volatile("lock cmpxchg16b %1"
			 : "=@ccz"(done), "+m"(*entry), "+a"(low), "+d"(high)
			 : "b"(hash), "c"(id)
			 : "memory");
	return done;
}

/* Adds to the last table; an entry of the same hash that somebody was faster with stays, if it has
 * an id. True: it is new there. */
static inline bool id_table_put(struct id_table *table, uint64_t hash, uint32_t id)
{
	uint32_t last = atomic_load(&table->n_tables) - 1;
	struct id_entry *entry = id_table_first(table, last, hash);
	unsigned int probes = ID_PROBES;

	for (; probes > 0; probes--) {
		uint64_t other = atomic_load_explicit(&entry->hash, memory_order_acquire);

		if (other == 0 && id_entry_fill(entry, hash, id)) {
			atomic_fetch_add_explicit(&table->n_last, 1, memory_order_relaxed);
			return true;
		}
		if (atomic_load_explicit(&entry->hash, memory_order_acquire) == hash) {
			uint64_t none = 0;

			return atomic_compare_exchange_strong(&entry->id, &none, id);
		}
		entry = id_table_next(table, last, entry);
	}
	return false;
}

/* The id of HASH (not 0), or 0. */
static inline uint32_t id_table_get(struct id_table *table, uint64_t hash)
{
	uint32_t last = atomic_load_explicit(&table->n_tables, memory_order_acquire);

	for (uint32_t index = last; index-- > 0;) {
		struct id_entry *entry = id_table_first(table, index, hash);
		unsigned int probes = ID_PROBES;

		for (; probes > 0; probes--, entry = id_table_next(table, index, entry)) {
			uint64_t other = atomic_load_explicit(&entry->hash, memory_order_acquire);

			if (other == hash) {
				uint32_t id = (uint32_t)atomic_load_explicit(
					&entry->id, memory_order_relaxed);

				if (index != last - 1)
					id_table_put(table, hash, id);
				return id;
			}
			if (other == 0)
				break;
		}
	}
	return 0;
}

/* Is it time for a successor? */
static inline bool id_table_is_full(struct id_table *table)
{
	uint32_t n = atomic_load(&table->n_tables);

	return n == 0 || (n < ID_TABLES && atomic_load(&table->n_last) >=
						   1ul << (ID_TABLE_FIRST_BITS + n - 2));
}

/* Makes MEMORY, id_table_bytes(INDEX), the last table. False: somebody else has added that one,
 * MEMORY is not used. Whoever was first may have been cut off before he could say that it is there
 * (he is another thread, and this a forked child): so all say it. */
static inline bool id_table_grow(struct id_table *table, uint32_t index, void *memory)
{
	struct id_entry *none = NULL;
	bool first = atomic_compare_exchange_strong(
		&table->tables[index], &none, (struct id_entry *)memory);

	if (atomic_load(&table->n_tables) != index)
		return first;
	atomic_store(&table->n_last, 0);
	atomic_compare_exchange_strong(&table->n_tables, &index, index + 1);
	return first;
}

#endif
