/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Grouping, in one pass over the traces. A trace's key is its leaf's place, or (by traceback) the
 * chain of its whole stack, chain.h. Cumulative, a trace is added once per frame, or once per place.
 *
 * Each row also collects what its traces have in common, for the printers that tell more than
 * tracemalloc does. Cost: O(traces) with plain keys, O(traces × depth) when cumulative.
 */
#include "report/group.h"

#include <stdlib.h>
#include <string.h>
#include "report/chain.h"
#include "report/placer.h"
#include "report/suppress.h"

/* What one pass needs beside its result. */
struct pass {
	struct groups *groups;
	const struct query *query;
	struct placer placer;
	struct suppressor suppressor;
	struct chains chains; /* of BY_TRACEBACK */
	ARRAY(uint32_t) processes; /* by part: its place; of BY_PROCESS and BY_PROGRAM */
	ARRAY(uint32_t)
	stamps; /* by row: the last trace + 1 that was added to it; CUMULATIVE_ONCE */
};

static int too_large(struct pass *pass, uint32_t key, struct error *err)
{
	const struct keys *keys = pass->groups->keys;
	const struct place *place = keys_oldest(keys, key);

	return error_set(err, "the blocks of %s add up to more than 2^63 - 1",
		strings_get(keys->strings, place->name));
}

static struct group_row *row_of(struct groups *groups, uint32_t key)
{
	uint32_t *row;

	while (groups->row_of.count <= key)
		ARRAY_PUSH(&groups->row_of);
	row = &groups->row_of.items[key];
	if (*row == 0) {
		struct group_row *new_row = ARRAY_PUSH(&groups->rows);

		new_row->key = key;
		new_row->min_nframe = UINT32_MAX;
		new_row->last_trace = INDEX_NONE;
		*row = (uint32_t)groups->rows.count;
	}
	return &groups->rows.items[*row - 1];
}

static void add_domain(struct group_row *row, uint32_t id)
{
	size_t at = row->domains.count;

	while (at > 0 && row->domains.items[at - 1] > id)
		at--;
	if (at > 0 && row->domains.items[at - 1] == id)
		return;
	ARRAY_PUSH(&row->domains);
	memmove(&row->domains.items[at + 1], &row->domains.items[at],
		(row->domains.count - 1 - at) * sizeof(uint32_t));
	row->domains.items[at] = id;
}

/* What a trace's estimate adds to the row's error: N times the same number is N times as far off. */
static void add_variance(struct group_row *row, const struct view *view, size_t index)
{
	row->times = row->varied == index + 1 ? row->times + 1 : 1;
	row->varied = (uint32_t)index + 1;
	variance_add(&row->variance, view_variance(view, index), 2 * row->times - 1);
}

/* Or only its class SIZE, where that is not NULL. */
static int add_trace(struct pass *pass, uint32_t key, size_t index, const struct size_class *size, struct error *err)
{
	struct groups *groups = pass->groups;
	const struct snapshot *snapshot = groups->view.snapshot;
	const struct trace *trace = &snapshot->traces.items[index];
	struct counts counts = size ? size->live : view_counts(&groups->view, index);
	struct group_row *row = row_of(groups, key);

	if (__builtin_add_overflow(row->size, counts.size, &row->size) ||
		__builtin_add_overflow(row->count, counts.count, &row->count))
		return too_large(pass, key, err);
	measure_add(&row->measures, snapshot, index, size);
	if (snapshot->sampling.count)
		add_variance(row, &groups->view, index);
	add_domain(row, snapshot->domains.items[trace->domain].id);
	if (trace->total_nframe < row->min_nframe)
		row->min_nframe = trace->total_nframe;
	if (trace->total_nframe > row->max_nframe)
		row->max_nframe = trace->total_nframe;
	if (groups->previous) {
		groups->previous[index] = row->last_trace;
		row->last_trace = (uint32_t)index;
	}
	return 0;
}

/* Asked once a part. */
static uint32_t process_of(struct pass *pass, const struct trace *trace)
{
	while (pass->processes.count <= trace->part)
		*ARRAY_PUSH(&pass->processes) = INDEX_NONE;
	if (pass->processes.items[trace->part] == INDEX_NONE)
		pass->processes.items[trace->part] = placer_process(&pass->placer, trace);
	return pass->processes.items[trace->part];
}

static int add_plain(struct pass *pass, size_t index, struct error *err)
{
	struct groups *groups = pass->groups;
	const struct trace *trace = &groups->view.snapshot->traces.items[index];
	struct view_frame leaf = view_leaf(&groups->view, trace->stack);
	uint32_t key;

	if (pass->query->by == BY_TRACEBACK)
		return add_trace(pass, chain_of(&pass->chains, trace->stack), index, NULL, err);
	if (pass->query->by == BY_THREAD)
		key = keys_add(groups->keys, 0, placer_thread(&pass->placer, trace->thread));
	else if (query_by_whom(pass->query->by))
		key = keys_add(groups->keys, 0, process_of(pass, trace));
	else
		key = keys_add(groups->keys, 0, placer_place(&pass->placer, &leaf));
	if (add_trace(pass, key, index, NULL, err) < 0)
		return -1;
	sight_add(&row_of(groups, key)->sight, &pass->placer, &leaf);
	return 0;
}

/* Whether the trace was added to the row already; marks it. */
static bool stamped(struct pass *pass, uint32_t key, size_t index)
{
	uint32_t row = (uint32_t)(row_of(pass->groups, key) - pass->groups->rows.items);
	uint32_t stamp;

	while (pass->stamps.count <= row)
		ARRAY_PUSH(&pass->stamps);
	stamp = pass->stamps.items[row];
	pass->stamps.items[row] = (uint32_t)index + 1;
	return stamp == index + 1;
}

static int add_cumulative(struct pass *pass, size_t index, struct error *err)
{
	struct groups *groups = pass->groups;
	uint32_t stack = groups->view.snapshot->traces.items[index].stack;
	struct view_walk walk = view_walk(&groups->view, stack);
	struct view_frame frame;

	while (view_next(&walk, &frame)) {
		uint32_t key = keys_add(groups->keys, 0, placer_place(&pass->placer, &frame));

		sight_add(&row_of(groups, key)->sight, &pass->placer, &frame);
		if (pass->query->cumulative == CUMULATIVE_ONCE && stamped(pass, key, index))
			continue;
		if (add_trace(pass, key, index, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static int add_sizes(struct pass *pass, size_t index, struct error *err)
{
	struct groups *groups = pass->groups;
	size_t n;
	const struct size_class *sizes = snapshot_sizes_of(groups->view.snapshot, (uint32_t)index, &n);

	for (size_t i = 0; i < n; i++) {
		uint32_t key = keys_add(groups->keys, 0, placer_size(&pass->placer, size_class_of(sizes[i].min)));

		if ((sizes[i].live.count || measure_wants_gone(pass->query)) && add_trace(pass, key, index, &sizes[i], err) < 0)
			return -1;
	}
	return 0;
}

/* To the rows that it belongs to. */
static int add_to_rows(struct pass *pass, size_t index, struct error *err)
{
	if (pass->query->cumulative)
		return add_cumulative(pass, index, err);
	return pass->query->by == BY_SIZE ? add_sizes(pass, index, err) : add_plain(pass, index, err);
}

static int add_all(struct pass *pass, struct sieve *sieve, struct error *err)
{
	struct groups *groups = pass->groups;
	const struct snapshot *snapshot = groups->view.snapshot;
	const struct query *query = pass->query;

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];
		struct counts counts = view_counts(&groups->view, i);

		if (counts.size == 0 && counts.count == 0 && (query->leaks || !measure_wants_gone(query)))
			continue;
		if (!sieve_keeps(sieve, trace))
			continue;
		if (query->only_domain != QUERY_NO_DOMAIN &&
			query->only_domain != snapshot->domains.items[trace->domain].id)
			continue;
		if (query->suppressions && suppressor_hides(&pass->suppressor, trace)) {
			groups->suppressed.size += counts.size;
			groups->suppressed.count += counts.count;
			continue;
		}
		if (__builtin_add_overflow(groups->size, counts.size, &groups->size) ||
			__builtin_add_overflow(groups->count, counts.count, &groups->count))
			return error_set(err, "the blocks add up to more than 2^63 - 1");
		variance_add(&groups->variance, view_variance(&groups->view, i), 1);
		if (add_to_rows(pass, i, err) < 0)
			return -1;
	}
	return 0;
}

int groups_make(struct groups *groups, struct keys *keys, const struct query *query,
	const struct snapshot *snapshot, size_t moment, struct error *err)
{
	struct pass pass = {.groups = groups, .query = query};
	struct sieve *sieve;
	int rc;

	*groups = (struct groups){.keys = keys};
	if (measure_check(query, snapshot, moment, err) < 0)
		return -1;
	view_init(&groups->view, snapshot, moment, query->hide_standard || query->by == BY_OWNER);
	groups->view.leaks = query->leaks;
	if (query->suppressions)
		suppressor_init(&pass.suppressor, query->suppressions, snapshot);
	if (!query->cumulative && query->by != BY_SIZE)
		groups->previous = xcalloc(snapshot->traces.count + 1, sizeof(uint32_t));
	placer_init(&pass.placer, keys, snapshot, query->by);
	if (query->by == BY_TRACEBACK)
		chains_init(&pass.chains, keys, &pass.placer, &groups->view);
	sieve = sieve_new(&query->filters, &groups->view);
	rc = add_all(&pass, sieve, err);
	sieve_free(sieve);
	suppressor_release(&pass.suppressor);
	chains_release(&pass.chains);
	ARRAY_FREE(&pass.stamps);
	ARRAY_FREE(&pass.processes);
	placer_release(&pass.placer);
	return rc;
}

void groups_release(struct groups *groups)
{
	for (size_t i = 0; i < groups->rows.count; i++)
		ARRAY_FREE(&groups->rows.items[i].domains);
	ARRAY_FREE(&groups->rows);
	ARRAY_FREE(&groups->row_of);
	free(groups->previous);
	view_release(&groups->view);
}

const struct group_row *groups_find(const struct groups *groups, uint32_t key)
{
	if (key >= groups->row_of.count || groups->row_of.items[key] == 0)
		return NULL;
	return &groups->rows.items[groups->row_of.items[key] - 1];
}
