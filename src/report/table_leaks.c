/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Leaks as a table: one grouping a kind, since a place may have blocks of several, as memcheck has a loss record for each.
 */
#include "report/table.h"

const char *leak_kind_words(enum leak_kind kind)
{
	static const char *const words[LEAK_KINDS] = {
		"definitely lost", "indirectly lost", "possibly lost", "still reachable" };

	return words[kind];
}

static int check(const struct side *side, struct error *err)
{
	if (side->snapshot->keeps_leaks)
		return 0;
	error_set(err, "%s: leaks were not looked for", side->file);
	if (side->snapshot->run.ended)
		return error_hint(err, "memtrace run --leaks PROGRAM looks for them when the program exits");
	return error_hint(err, "memtrace leaks -o FILE PID looks for them in a running process");
}

/* Of two snapshots, what has grown: more bytes, or more blocks. */
static void add_rows(struct table *table, enum leak_kind kind)
{
	const struct table_leaks *leaks = &table->leaks[kind];

	for (size_t i = 0; i < leaks->now.rows.count; i++) {
		const struct group_row *now = &leaks->now.rows.items[i];
		const struct group_row *before = table->is_diff ? groups_find(&leaks->before, now->key) : NULL;
		struct row *row;

		if (before && now->size <= before->size && now->count <= before->count)
			continue;
		row = table_add(table, before, now);
		row->leak = kind;
	}
}

static int group(struct table *table, enum leak_kind kind, struct error *err)
{
	struct query query = *table->query;
	struct table_leaks *leaks = &table->leaks[kind];
	const struct side *before = &table->before, *now = &table->now;

	query.leaks = kind + 1;
	if (table->is_diff && groups_make(&leaks->before, &table->keys, &query, before->snapshot, before->moment, err) < 0)
		return error_prefix(err, "%s", before->file);
	if (groups_make(&leaks->now, &table->keys, &query, now->snapshot, now->moment, err) < 0)
		return error_prefix(err, "%s", now->file);
	return 0;
}

int table_leaks(struct table *table, const struct query *query, unsigned int kinds, const struct side *before,
	const struct side *now, struct error *err)
{
	*table = (struct table){ .query = query, .is_diff = before, .is_leaks = true, .now = *now };
	keys_init(&table->keys);
	if (before)
		table->before = *before;
	if ((before && check(before, err) < 0) || check(now, err) < 0)
		return -1;
	for (int kind = 0; kind < LEAK_KINDS; kind++) {
		const struct table_leaks *leaks = &table->leaks[kind];

		if (group(table, kind, err) < 0)
			return -1;
		if (!(kinds & 1u << kind))
			continue;
		add_rows(table, kind);
		table->size += leaks->now.size;
		table->count += leaks->now.count;
		table->size_diff += leaks->now.size - leaks->before.size;
		table->count_diff += leaks->now.count - leaks->before.count;
	}
	table_order(table);
	return 0;
}
