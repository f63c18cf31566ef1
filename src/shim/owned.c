/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See owned.h. An entry is free while its start is 0, and taken by compare and swap; the size comes after that and goes before it. So whoever
 * looks at any moment finds an entry whole or without a size. The first chunk stands in the library, more are mapped. Mappings are
 * few and seldom come or go: places are searched for.
 */
#include <elf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "memtrace/wire.h"
#include "shim/owned.h"
#include "shim/sys.h"

enum { CHUNK = 1 << 16, FIRST = 1 << 12 };
#define ITEMS(bytes) (((bytes) - sizeof(struct wire_owned)) / sizeof(struct wire_owned_item))

static union {
	struct wire_owned list;
	char bytes[FIRST];
} first = {.list = {.capacity = ITEMS(FIRST)}};

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static bool take(struct wire_owned *list, uint64_t start, uint64_t size)
{
	uint64_t n = atomic_load(&list->used);

	for (uint64_t i = n < list->capacity ? 0 : n; i < list->capacity; i++) {
		struct wire_owned_item *item = &list->items[i];
		uint64_t none = 0;

		if (atomic_load(&item->start) || !atomic_compare_exchange_strong(&item->start, &none, start))
			continue;
		atomic_store(&item->size, size);
		if (i >= n)
			atomic_store(&list->used, i + 1);
		return true;
	}
	return false;
}

static struct wire_owned *next_of(struct wire_owned *list)
{
	uint64_t next = atomic_load(&list->next), none = 0;
	struct wire_owned *made;

	if (next)
		return (struct wire_owned *)next;
	made = sys_mmap(CHUNK, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!made)
		return NULL;
	made->capacity = ITEMS(CHUNK);
	if (atomic_compare_exchange_strong(&list->next, &none, (uintptr_t)made))
		return made;
	sys_munmap(made, CHUNK);
	return (struct wire_owned *)none;
}

void owned_add(void *at, size_t size)
{
	struct wire_owned *list = &first.list;

	while (list && !take(list, (uintptr_t)at, size))
		list = next_of(list);
}

void owned_remove(void *at)
{
	for (struct wire_owned *list = &first.list; list; list = (struct wire_owned *)atomic_load(&list->next))
		for (uint64_t i = atomic_load(&list->used); i-- > 0;) {
			struct wire_owned_item *item = &list->items[i];

			if (atomic_load(&item->start) != (uintptr_t)at)
				continue;
			atomic_store(&item->size, 0);
			atomic_store(&item->start, 0);
			return;
		}
}

/* What of the library can be written. */
static void add_library(void)
{
	const char *base = (const char *)&__ehdr_start;
	const Elf64_Phdr *segment = (const Elf64_Phdr *)(base + __ehdr_start.e_phoff);

	for (int i = 0; i < __ehdr_start.e_phnum; i++)
		if (segment[i].p_type == PT_LOAD && (segment[i].p_flags & PF_W))
			owned_add((char *)base + segment[i].p_vaddr, segment[i].p_memsz);
}

void *owned_list(void)
{
	if (!atomic_load(&first.list.used))
		add_library();
	return &first.list;
}
