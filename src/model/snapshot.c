/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The snapshot as a thing in memory: made, searched, summed, freed. Moments and domains are few and
 * searched one by one. A moment's live sum is kept beside its counts for the sake of whoever only
 * wants the sum; snapshot_sum makes it, snapshot_check compares it, and a file does not hold it.
 */
#include "model/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct snapshot *snapshot_new(void)
{
	struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));

	snapshot->strings = strings_new();
	*ARRAY_PUSH(&snapshot->stacks) = (struct stack){.parent = 0, .location = INDEX_NONE};
	snapshot_domain(snapshot, DOMAIN_MALLOC, "malloc");
	snapshot_domain(snapshot, DOMAIN_MMAP, "mmap");
	snapshot_domain(snapshot, DOMAIN_BRK, "brk");
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	strings_free(snapshot->strings);
	ARRAY_FREE(&snapshot->run.command);
	ARRAY_FREE(&snapshot->run.problems);
	ARRAY_FREE(&snapshot->run.follows);
	ARRAY_FREE(&snapshot->run.parts);
	ARRAY_FREE(&snapshot->moments);
	ARRAY_FREE(&snapshot->threads);
	ARRAY_FREE(&snapshot->domains);
	ARRAY_FREE(&snapshot->modules);
	ARRAY_FREE(&snapshot->frames);
	ARRAY_FREE(&snapshot->locations);
	ARRAY_FREE(&snapshot->stacks);
	ARRAY_FREE(&snapshot->traces);
	ARRAY_FREE(&snapshot->blocks);
	ARRAY_FREE(&snapshot->leaks);
	ARRAY_FREE(&snapshot->lives);
	ARRAY_FREE(&snapshot->lifetimes);
	ARRAY_FREE(&snapshot->sizes);
	ARRAY_FREE(&snapshot->timeline);
	ARRAY_FREE(&snapshot->memory);
	ARRAY_FREE(&snapshot->sampling);
	free(snapshot->counts);
	free(snapshot);
}

uint32_t snapshot_domain(struct snapshot *snapshot, uint32_t id, const char *name)
{
	size_t index = 0;
	char number[32];

	while (index < snapshot->domains.count && snapshot->domains.items[index].id != id)
		index++;
	if (index == snapshot->domains.count) {
		snprintf(number, sizeof(number), "domain %" PRIu32, id);
		*ARRAY_PUSH(&snapshot->domains) = (struct domain){
			.id = id,
			.name = strings_add(snapshot->strings, number),
		};
	}
	if (name)
		snapshot->domains.items[index].name = strings_add(snapshot->strings, name);
	return (uint32_t)index;
}

void snapshot_alloc_counts(struct snapshot *snapshot)
{
	free(snapshot->counts);
	snapshot->counts = NULL;
	if (snapshot->moments.count && snapshot->traces.count) {
		size_t row = snapshot->traces.count * sizeof(struct counts);

		snapshot->counts = xcalloc(snapshot->moments.count, row);
	}
}

static int find_moment(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->moments.count; i++) {
		if (strcmp(strings_get(snapshot->strings, snapshot->moments.items[i].name), name) ==
			0)
			return (int)i;
	}
	return -1;
}

int snapshot_moment(const struct snapshot *snapshot, const char *name, struct error *err)
{
	char *names = NULL;
	int index = find_moment(snapshot, name ? name : "now");

	if (index < 0 && !name)
		index = find_moment(snapshot, "exit");
	if (index < 0 && !name && snapshot->moments.count)
		index = 0;
	if (index >= 0)
		return index;
	for (size_t i = 0; i < snapshot->moments.count && i < 20; i++) {
		char *longer = xasprintf("%s%s%s", names ? names : "", names ? ", " : "",
			strings_get(snapshot->strings, snapshot->moments.items[i].name));

		free(names);
		names = longer;
	}
	error_set(err, "no moment '%s' in the snapshot: it has %s", name ? name : "now",
		names ? names : "none");
	free(names);
	return -1;
}

const struct moment *snapshot_default_moment(const struct snapshot *snapshot)
{
	struct error err = ERROR_INIT;
	int index = snapshot_moment(snapshot, NULL, &err);

	return index < 0 ? NULL : &snapshot->moments.items[index];
}

bool snapshot_knows_peak(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->moments.count; i++)
		if (strcmp(strings_get(snapshot->strings, snapshot->moments.items[i].name), "peak") == 0)
			return true;
	return snapshot->run.peak_size > 0 || snapshot->run.total_count == 0;
}

int snapshot_sum_moment(
	const struct snapshot *snapshot, size_t moment, struct counts *live, struct error *err)
{
	*live = (struct counts){0, 0};
	for (size_t trace = 0; trace < snapshot->traces.count; trace++) {
		const struct counts *counts = snapshot_counts(snapshot, moment, trace);

		if (__builtin_add_overflow(live->size, counts->size, &live->size) ||
			__builtin_add_overflow(live->count, counts->count, &live->count) ||
			live->size > SNAPSHOT_SIZE_MAX || live->count > SNAPSHOT_SIZE_MAX)
			return error_set(err,
				"the blocks of moment '%s' add up to more than 2^63 - 1",
				strings_get(
					snapshot->strings, snapshot->moments.items[moment].name));
	}
	return 0;
}

int snapshot_sum(struct snapshot *snapshot, struct error *err)
{
	for (size_t i = 0; i < snapshot->moments.count; i++) {
		if (snapshot_sum_moment(snapshot, i, &snapshot->moments.items[i].live, err) < 0)
			return -1;
	}
	return 0;
}

/* By trace too, so that the same blocks are the same file. */
static int compare_blocks(const void *a_data, const void *b_data)
{
	const struct block *a = a_data, *b = b_data;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return (a->trace > b->trace) - (a->trace < b->trace);
}

void snapshot_sort_blocks(struct snapshot *snapshot)
{
	if (snapshot->blocks.count)
		qsort(snapshot->blocks.items, snapshot->blocks.count, sizeof(struct block),
			compare_blocks);
}
