/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The moments of several snapshots as those of one. Default moments (exit, now) become one; others meet by their names. One that
 * only some of the snapshots have would be a sum of some of them only, and look like less than it is: it is left out,
 * which is said.
 */
#include "model/snapshot_merge.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_SAID = 3 };

struct merging {
	struct snapshot *into;
	const struct merge_source *sources;
	size_t n;
	uint32_t **numbers;
};

static const char *moment_name(const struct snapshot *snapshot, size_t moment)
{
	return strings_get(snapshot->strings, snapshot->moments.items[moment].name);
}

static size_t default_moment(const struct snapshot *snapshot)
{
	return (size_t)(snapshot_default_moment(snapshot) - snapshot->moments.items);
}

/* The one that all default moments become: "now" as long as one of the programs ran. */
static void add_default_moment(struct merging *merging)
{
	const struct snapshot *first = merging->sources[0].snapshot;
	const char *name = moment_name(first, default_moment(first));

	for (size_t i = 1; i < merging->n; i++) {
		const struct snapshot *one = merging->sources[i].snapshot;

		if (strcmp(name, moment_name(one, default_moment(one))) != 0)
			name = "now";
	}
	ARRAY_PUSH(&merging->into->moments)->name = strings_add(merging->into->strings, name);
}

/* A name that one source has several times is matched in order. */
static uint32_t find_moment(struct merging *merging, const uint32_t *numbers, const struct snapshot *from, size_t moment)
{
	string_id name = merge_string(merging->into, from, from->moments.items[moment].name);
	uint32_t index = 1;

	for (; index < merging->into->moments.count; index++) {
		bool taken = false;

		for (size_t i = 0; i < moment; i++)
			taken = taken || numbers[i] == index;
		if (!taken && merging->into->moments.items[index].name == name)
			return index;
	}
	ARRAY_PUSH(&merging->into->moments)->name = name;
	return index;
}

static uint32_t *add_moments(struct merging *merging, const struct snapshot *from)
{
	uint32_t *numbers = xcalloc(from->moments.count, sizeof(*numbers));
	size_t live = default_moment(from);

	for (size_t i = 0; i < from->moments.count; i++) {
		const struct moment *moment = &from->moments.items[i];
		struct moment *into;

		numbers[i] = i == live ? 0 : find_moment(merging, numbers, from, i);
		into = &merging->into->moments.items[numbers[i]];
		if (moment->time_ns > into->time_ns)
			into->time_ns = moment->time_ns;
	}
	return numbers;
}

static size_t sources_with(const struct merging *merging, uint32_t index)
{
	size_t known = 0;

	for (size_t s = 0; s < merging->n; s++)
		for (size_t i = 0; i < merging->sources[s].snapshot->moments.count; i++)
			known += merging->numbers[s][i] == index;
	return known;
}

static void renumber(struct merging *merging, uint32_t from, uint32_t to)
{
	for (size_t s = 0; s < merging->n; s++)
		for (size_t i = 0; i < merging->sources[s].snapshot->moments.count; i++)
			if (merging->numbers[s][i] == from)
				merging->numbers[s][i] = to;
}

static void add_name(char **names, const char *name)
{
	char *more = xasprintf("%s%s'%s'", *names ? *names : "", *names ? ", " : "", name);

	free(*names);
	*names = more;
}

static void leave_out(struct merging *merging, struct merge_notes *notes)
{
	struct snapshot *into = merging->into;
	char *names = NULL;
	size_t left_out = 0;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < into->moments.count; i++) {
		bool whole = sources_with(merging, i) == merging->n;

		if (!whole && left_out++ < NAMES_SAID)
			add_name(&names, moment_name(into, i));
		renumber(merging, i, whole ? kept : INDEX_NONE);
		if (whole)
			into->moments.items[kept++] = into->moments.items[i];
	}
	into->moments.count = kept;
	if (left_out && !notes->only_wrong)
		merge_note(notes, "%zu moment%s that not all of the snapshots have %s left out: %s%s", left_out,
			left_out == 1 ? "" : "s", left_out == 1 ? "is" : "are", names, left_out > NAMES_SAID ? ", …" : "");
	free(names);
}

/* Resident memory adds up where all know it. */
static void settle(struct merging *merging, uint32_t index, bool *over)
{
	struct moment *into = &merging->into->moments.items[index];
	size_t resident = 0;

	for (size_t s = 0; s < merging->n; s++) {
		const struct snapshot *from = merging->sources[s].snapshot;

		for (size_t i = 0; i < from->moments.count; i++) {
			if (merging->numbers[s][i] != index)
				continue;
			resident += from->moments.items[i].rss != 0;
			merge_add(&into->rss, from->moments.items[i].rss, over);
		}
	}
	if (resident < merging->n)
		into->rss = 0;
}

void merge_moments(struct snapshot *into, const struct merge_source *sources, size_t n, uint32_t **numbers,
	struct merge_notes *notes, bool *over)
{
	struct merging merging = {into, sources, n, numbers};

	add_default_moment(&merging);
	for (size_t i = 0; i < n; i++)
		numbers[i] = add_moments(&merging, sources[i].snapshot);
	leave_out(&merging, notes);
	for (uint32_t i = 0; i < into->moments.count; i++)
		settle(&merging, i, over);
}
