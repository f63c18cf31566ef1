/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The leaks of a snapshot: few rows (most traces have none, or blocks of one kind), so they are a sorted list, and are searched.
 */
#include <stdlib.h>
#include "model/snapshot.h"

const char *leak_kind_name(enum leak_kind kind)
{
	static const char *const names[LEAK_KINDS] = { "definite", "indirect", "possible", "reachable" };

	return names[kind];
}

void snapshot_add_leak(struct snapshot *snapshot, uint32_t trace, enum leak_kind kind, struct counts counts)
{
	*ARRAY_PUSH(&snapshot->leaks) = (struct leak){ trace, kind, counts };
}

static int compare(const void *a_data, const void *b_data)
{
	const struct leak *a = a_data, *b = b_data;

	if (a->trace != b->trace)
		return a->trace < b->trace ? -1 : 1;
	return (a->kind > b->kind) - (a->kind < b->kind);
}

/* A sum that is too large stays so: the check will see it. */
static void add(uint64_t *sum, uint64_t value)
{
	if (__builtin_add_overflow(*sum, value, sum))
		*sum = UINT64_MAX;
}

static void join(void *into, const void *leak)
{
	struct counts *sum = &((struct leak *)into)->counts;
	const struct counts *counts = &((const struct leak *)leak)->counts;

	add(&sum->size, counts->size);
	add(&sum->count, counts->count);
}

void snapshot_sort_leaks(struct snapshot *snapshot)
{
	ARRAY_JOIN(&snapshot->leaks, compare, join);
}

struct counts snapshot_leak(const struct snapshot *snapshot, uint32_t trace, enum leak_kind kind)
{
	const struct leak wanted = { .trace = trace, .kind = kind }, *found = NULL;

	if (snapshot->leaks.count)
		found = bsearch(&wanted, snapshot->leaks.items, snapshot->leaks.count, sizeof wanted, compare);
	return found ? found->counts : (struct counts){ 0, 0 };
}
