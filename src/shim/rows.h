/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows (cfi.h) by pc: each is read from its module once and then found in a table, by any thread
 * and in any signal handler, without waiting.
 */
#ifndef SHIM_ROWS_H
#define SHIM_ROWS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "shim/cfi.h"
#include "shim/id_table.h"

extern struct id_table rows_table;
extern _Atomic uint64_t rows_epoch; /* grows whenever rows are forgotten */

/* A module has gone: all rows of pcs in [START, END) are read anew. */
void rows_forget(uintptr_t start, uintptr_t end);
/* All rows there are. */
void rows_drop(void);

/* The table is keyed by the pc; the factor is odd, so no two keys are one, and the other leads
 * back. Not 0 for a pc that is not. */
static inline uint64_t rows_key(uint64_t pc)
{
	return pc * 0x9E3779B97F4A7C15ull;
}
static inline uint64_t rows_pc(uint64_t key)
{
	return key * 0xF1DE83E19937733Dull;
}

/* What lies at PC, with its unwind information; false: nothing that has any. */
bool rows_module(uint64_t pc, struct cfi_module *module);
uint32_t rows_read(uint64_t pc);
/* The row of the instruction at PC. */
static inline uint32_t rows_get(uint64_t pc)
{
	uint32_t last = atomic_load_explicit(&rows_table.n_tables, memory_order_acquire), row;

	if (__builtin_expect(last > 0, 1)) {
		const uint64_t key = rows_key(pc);
		struct id_entry *entry = id_table_first(&rows_table, last - 1, key);

		if (__builtin_expect(
			    atomic_load_explicit(&entry->hash, memory_order_acquire) == key, 1) &&
			(row = (uint32_t)atomic_load_explicit(&entry->id, memory_order_relaxed)) !=
				CFI_NONE)
			return row;
	}
	return rows_read(pc);
}

#endif
