/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Groups to sorted rows: Snapshot.statistics and Snapshot.compare_to of tracemalloc. All orders are
 * total: rows that are equal in all numbers still differ in their keys.
 */
#include "report/table.h"

#include <stdlib.h>

const char *row_status_name(enum row_status status)
{
	static const char *const names[] = {
		[ROW_NEW] = "new",
		[ROW_GONE] = "gone",
		[ROW_GROWN] = "grown",
		[ROW_SHRUNK] = "shrunk",
		[ROW_CHANGED] = "changed",
		[ROW_SAME] = "same",
	};

	return names[status];
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_average(const struct row *a, const struct row *b)
{
	/* size / count without division: a row without blocks has no average and goes last. */
	__int128 left = (__int128)a->size * (b->count ? b->count : 1);
	__int128 right = (__int128)b->size * (a->count ? a->count : 1);

	if (!a->count || !b->count)
		return (a->count != 0) - (b->count != 0);
	return (left > right) - (left < right);
}

/* Statistic._sort_key; its differences are those of tracemalloc. */
static int compare_top(const struct row *a, const struct row *b)
{
	int order = compare(a->size, b->size);

	return order ? order : compare(a->count, b->count);
}

/* StatisticDiff._sort_key. */
static int compare_diff(const struct row *a, const struct row *b)
{
	int order = compare(llabs(a->size_diff), llabs(b->size_diff));

	if (order == 0)
		order = compare(a->size, b->size);
	if (order == 0)
		order = compare(llabs(a->count_diff), llabs(b->count_diff));
	return order ? order : compare(a->count, b->count);
}

/* What rows have at most counts most; of a difference the most that it has changed. */
static int compare_measures(const struct table *table, const struct row *a, const struct row *b)
{
	const struct row *rows[] = {a, b};
	int64_t values[2];

	for (int i = 0; i < 2; i++) {
		int64_t now = rows[i]->now ? measure_value(&rows[i]->now->measures, table->query->sort) : 0;
		int64_t before = rows[i]->before ? measure_value(&rows[i]->before->measures, table->query->sort) : 0;

		values[i] = table->is_diff ? llabs(now - before) : now;
	}
	return compare(values[0], values[1]);
}

static int compare_rows(const void *a_data, const void *b_data, void *data)
{
	const struct row *a = a_data, *b = b_data;
	const struct table *table = data;
	int by_key = keys_compare(&table->keys, a->key, b->key), order = 0;

	if (a->leak != b->leak)
		return (int)a->leak - (int)b->leak;
	if (table->query->sort == SORT_NAME)
		return by_key;
	if (table->query->sort == SORT_COUNT)
		order = table->is_diff ? compare(llabs(a->count_diff), llabs(b->count_diff))
				       : compare(a->count, b->count);
	if (table->query->sort == SORT_AVERAGE)
		order = compare_average(a, b);
	if (measure_wants_gone(table->query))
		order = compare_measures(table, a, b);
	if (order == 0)
		order = table->is_diff ? compare_diff(a, b) : compare_top(a, b);
	return -(order ? order : by_key);
}

void table_order(struct table *table)
{
	uint64_t limit = table->query->limit;

	keys_rank(&table->keys);
	if (table->rows.count)
		qsort_r(table->rows.items, table->rows.count, sizeof(struct row), compare_rows,
			table);
	table->shown = limit && limit < table->rows.count ? limit : table->rows.count;
}

int table_top(
	struct table *table, const struct query *query, const struct side *side, struct error *err)
{
	struct groups *groups = &table->groups_now;

	*table = (struct table){.query = query, .now = *side};
	keys_init(&table->keys);
	if (groups_make(groups, &table->keys, query, side->snapshot, side->moment, err) < 0)
		return error_prefix(err, "%s", side->file);
	table->size = groups->size;
	table->count = groups->count;
	table->variance = groups->variance;
	table->is_sampled = side->snapshot->sampling.count;
	for (size_t i = 0; i < groups->rows.count; i++) {
		const struct group_row *group = &groups->rows.items[i];

		*ARRAY_PUSH(&table->rows) = (struct row){
			.key = group->key,
			.size = group->size,
			.count = group->count,
			.variance = group->variance,
			.now = group,
		};
	}
	table_order(table);
	return 0;
}

static enum row_status status_of(const struct row *row)
{
	if (!row->before)
		return ROW_NEW;
	if (!row->now)
		return ROW_GONE;
	if (row->size_diff)
		return row->size_diff > 0 ? ROW_GROWN : ROW_SHRUNK;
	return row->count_diff ? ROW_CHANGED : ROW_SAME;
}

struct row *table_add(struct table *table, const struct group_row *before, const struct group_row *now)
{
	struct row *row = ARRAY_PUSH(&table->rows);

	row->key = now ? now->key : before->key;
	row->now = now;
	row->before = before;
	row->size = now ? now->size : 0;
	row->count = now ? now->count : 0;
	row->size_diff = row->size - (before ? before->size : 0);
	row->count_diff = row->count - (before ? before->count : 0);
	if (now)
		variance_add(&row->variance, now->variance, 1);
	if (before)
		variance_add(&row->variance, before->variance, 1);
	row->status = status_of(row);
	return row;
}

int table_diff(struct table *table, const struct query *query, const struct side *before,
	const struct side *now, struct error *err)
{
	struct groups *old = &table->groups_before, *new = &table->groups_now;

	*table = (struct table){.query = query, .is_diff = true, .now = *now, .before = *before};
	keys_init(&table->keys);
	if (groups_make(old, &table->keys, query, before->snapshot, before->moment, err) < 0)
		return error_prefix(err, "%s", before->file);
	if (groups_make(new, &table->keys, query, now->snapshot, now->moment, err) < 0)
		return error_prefix(err, "%s", now->file);
	for (size_t i = 0; i < new->rows.count; i++)
		table_add(
			table, groups_find(old, new->rows.items[i].key), &new->rows.items[i]);
	for (size_t i = 0; i < old->rows.count; i++) {
		if (!groups_find(new, old->rows.items[i].key))
			table_add(table, &old->rows.items[i], NULL);
	}
	table->size = new->size;
	table->count = new->count;
	table->size_diff = new->size - old->size;
	table->count_diff = new->count - old->count;
	table->is_sampled = before->snapshot->sampling.count || now->snapshot->sampling.count;
	table->variance = new->variance;
	variance_add(&table->variance, old->variance, 1);
	table_order(table);
	return 0;
}

void table_release(struct table *table)
{
	groups_release(&table->groups_now);
	groups_release(&table->groups_before);
	for (int kind = 0; kind < LEAK_KINDS; kind++) {
		groups_release(&table->leaks[kind].now);
		groups_release(&table->leaks[kind].before);
	}
	ARRAY_FREE(&table->rows);
	keys_release(&table->keys);
}
