/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of the blocks of several snapshots. A sum over some of them only would look like less than it is: what not all
 * of them know is left out, which is said.
 */
#include "model/snapshot_merge.h"

static void add_lives(struct snapshot *into, const struct snapshot *from, const uint32_t *traces)
{
	for (size_t i = 0; i < from->lives.count; i++)
		life_add(&into->lives.items[traces[i]], &from->lives.items[i]);
	for (size_t i = 0; i < from->lifetimes.count; i++)
		*ARRAY_PUSH(&into->lifetimes) = from->lifetimes.items[i];
}

static void add_sizes(struct snapshot *into, const struct snapshot *from, const uint32_t *traces)
{
	for (size_t i = 0; i < from->sizes.count; i++) {
		struct size_class *size = ARRAY_PUSH(&into->sizes);

		*size = from->sizes.items[i];
		size->trace = traces[size->trace];
	}
}

/* A snapshot may know of no lifetime because there was none, or because its ticks were no times. */
static bool knows_lifetimes(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->lives.count; i++)
		if (snapshot->lives.items[i].timed && !snapshot->lifetimes.count)
			return false;
	return true;
}

void merge_lives(struct snapshot *into, const struct merge_source *sources, size_t n, uint32_t *const *traces,
	struct merge_notes *notes)
{
	size_t lives = 0, sizes = 0;
	bool lifetimes = true;

	for (size_t i = 0; i < n; i++) {
		lives += sources[i].snapshot->keeps_lives;
		sizes += sources[i].snapshot->keeps_sizes;
		lifetimes = lifetimes && knows_lifetimes(sources[i].snapshot);
	}
	if (lives == n)
		snapshot_alloc_lives(into);
	into->keeps_sizes = sizes == n;
	for (size_t i = 0; i < n; i++) {
		if (lives == n)
			add_lives(into, sources[i].snapshot, traces[i]);
		if (sizes == n)
			add_sizes(into, sources[i].snapshot, traces[i]);
	}
	if (!lifetimes)
		into->lifetimes.count = 0;
	snapshot_sort_lifetimes(into);
	snapshot_sort_sizes(into);
	if (lives && lives < n)
		merge_note(notes, "what became of blocks is left out: not all of the snapshots tell it");
	if (sizes && sizes < n)
		merge_note(notes, "the sizes of blocks are left out: not all of the snapshots tell them");
}
