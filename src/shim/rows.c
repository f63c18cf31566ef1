/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of rows: see rows.h. It is an id_table, so that an entry appears whole or not at all,
 * and nobody waits.
 *
 * When a module has gone, another may stand at its addresses: the rows of these are taken out of
 * their entries, which are filled again when they are asked for. Whoever reads one at that very
 * moment finds a row or none, and asks the module. Nobody can have a row of the old module at hand
 * and put it late: its pc would have to be on the stack of a thread. A look at all entries takes
 * some 10 us, to read 1000 rows anew takes a hundred times that. In a forked child the same modules
 * stand at the same places, and the rows stay.
 *
 * Pcs in no module are not remembered: one may come to be there later. Till then they go by frame
 * pointers. Programs have some 400 to 5000 different pcs on their stacks; the first table holds
 * 4096 in 128 KiB.
 */
#include "shim/channel.h"
#include "shim/splice.h"
#include "shim/real.h"
#include "shim/rows.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum { PC_BITS = 47 };

struct id_table rows_table;
_Atomic uint64_t rows_epoch;

/* Again what stacks.c does, for another table. */
static void make_room(void)
{
	uint32_t index = atomic_load(&rows_table.n_tables);
	void *memory = index < ID_TABLES ? channel_memory(id_table_bytes(index)) : NULL;

	if (memory && !id_table_grow(&rows_table, index, memory)) {
		channel_free(memory, id_table_bytes(index));
		atomic_fetch_sub(&channel.memory, id_table_bytes(index));
	}
}

static void forget_in(struct id_entry *entry, size_t n, uintptr_t start, uintptr_t size)
{
	for (const struct id_entry *end = entry + n; entry < end; entry++) {
		uint64_t key = atomic_load_explicit(&entry->hash, memory_order_relaxed);

		if (key && rows_pc(key) - start < size)
			atomic_store_explicit(&entry->id, CFI_NONE, memory_order_relaxed);
	}
}

void rows_forget(uintptr_t start, uintptr_t end)
{
	uint32_t n = atomic_load(&rows_table.n_tables);

	for (uint32_t i = 0; i < n; i++)
		forget_in(rows_table.tables[i], id_table_bytes(i) / sizeof(struct id_entry), start,
			end - start);
	atomic_fetch_add(&rows_epoch, 1);
	atomic_fetch_add(&shim_news, 1);
}

void rows_drop(void)
{
	rows_forget(0, UINTPTR_MAX);
}

bool rows_module(uint64_t pc, struct cfi_module *module)
{
	struct dl_find_object object;

	if (real_find_object((void *)pc, &object) != 0 || !object.dlfo_eh_frame)
		return false;
	*module = (struct cfi_module){
		.header = object.dlfo_eh_frame, .code_end = object.dlfo_map_end};
	if (real_find_object(object.dlfo_eh_frame, &object) == 0) {
		module->start = object.dlfo_map_start;
		module->end = object.dlfo_map_end;
	}
	return true;
}

uint32_t rows_read(uint64_t pc)
{
	uint64_t key = rows_key(pc);
	struct cfi_module module;
	uint32_t row;

	if (pc >> PC_BITS || !pc)
		return CFI_UNKNOWN;
	row = id_table_get(&rows_table, key);
	if (row != CFI_NONE)
		return row;
	if (!rows_module(splice_origin(pc), &module))
		return cfi_frame_row();
	row = cfi_row(&module, splice_origin(pc));
	if (id_table_is_full(&rows_table))
		make_room();
	if (atomic_load(&rows_table.n_tables) > 0)
		id_table_put(&rows_table, key, row);
	return row;
}
