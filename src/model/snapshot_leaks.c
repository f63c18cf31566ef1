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

void snapshot_sort_leaks(struct snapshot *snapshot)
{
	struct leak *leaks = snapshot->leaks.items;
	size_t n = 0;

	if (snapshot->leaks.count)
		qsort(leaks, snapshot->leaks.count, sizeof *leaks, compare);
	for (size_t i = 0; i < snapshot->leaks.count; i++) {
		if (n && compare(&leaks[n - 1], &leaks[i]) == 0) {
			add(&leaks[n - 1].counts.size, leaks[i].counts.size);
			add(&leaks[n - 1].counts.count, leaks[i].counts.count);
		} else {
			leaks[n++] = leaks[i];
		}
	}
	snapshot->leaks.count = n;
}

struct counts snapshot_leak(const struct snapshot *snapshot, uint32_t trace, enum leak_kind kind)
{
	const struct leak wanted = { .trace = trace, .kind = kind }, *found = NULL;

	if (snapshot->leaks.count)
		found = bsearch(&wanted, snapshot->leaks.items, snapshot->leaks.count, sizeof wanted, compare);
	return found ? found->counts : (struct counts){ 0, 0 };
}
