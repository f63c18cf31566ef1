/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace-stats/1: the query and its rows as one object. Keys are never renamed; integers are
 * bytes; what is unknown, or differs between the blocks of a row, is null.
 */
#include <string.h>
#include "report/emit.h"
#include "report/frame_json.h"
#include "report/printer.h"
#include "report/query_json.h"
#include "report/snapshot_json.h"

static void thread(struct emitter *emitter, const struct keys *keys, const struct place *place)
{
	if (place->kind != PLACE_THREAD) {
		emit_null(emitter, "thread");
		return;
	}
	emit_begin(emitter, "thread", '{');
	emit_int(emitter, "tid", (int64_t)place->number);
	emit_id(emitter, "name", keys->strings, place->name);
	emit_end(emitter);
}

/* What became of the row's blocks, as far as SNAPSHOT knows. */
static void measures(struct emitter *emitter, const struct table *table, const struct measures *measures,
	const struct snapshot *snapshot)
{
	const struct life *life = &measures->life;

	if (table->query->by == BY_SIZE) {
		emit_uint(emitter, "min", measures->min);
		emit_uint(emitter, "max", measures->max);
	}
	if (table->query->sort == SORT_PEAK)
		emit_uint(emitter, "peak", measures->peak.size);
	if (table->query->sort == SORT_CHURN)
		emit_uint(emitter, "churn", measures->gone.size);
	if (!snapshot->keeps_lives || table->query->by == BY_SIZE)
		return;
	emit_begin(emitter, "life", '{');
	emit_uint(emitter, "total_size", measures->total.size);
	emit_uint(emitter, "total_count", measures->total.count);
	emit_uint(emitter, "temporary_size", life->temporary.size);
	emit_uint(emitter, "temporary_count", life->temporary.count);
	emit_uint(emitter, "moved_size", life->moved.size);
	emit_uint(emitter, "moved_count", life->moved.count);
	emit_uint(emitter, "grown_count", life->grown);
	if (measures->timed)
		emit_uint(emitter, "lifetime_ns", measure_lifetime(measures));
	else
		emit_null(emitter, "lifetime_ns");
	emit_end(emitter);
}

static void process(struct emitter *emitter, const struct keys *keys, const struct place *place)
{
	if (place->kind != PLACE_PROCESS) {
		emit_null(emitter, "process");
		return;
	}
	emit_begin(emitter, "process", '{');
	emit_known(emitter, "pid", place->number);
	emit_uint(emitter, "image", place->lineno);
	emit_id(emitter, "command", keys->strings, place->name);
	emit_end(emitter);
}

/* Half of the width of the interval of 95 %: of the sizes, or of their differences. */
static void errors(struct emitter *emitter, const struct table *table, const struct variance *variance)
{
	if (!table->is_sampled || table->is_leaks)
		return;
	emit_int(emitter, table->is_diff ? "size_diff_error" : "size_error", variance_error(variance->size));
	emit_int(emitter, table->is_diff ? "count_diff_error" : "count_error", variance_error(variance->count));
}

static void row(struct emitter *emitter, const struct table *table, const struct row *row)
{
	const struct group_row *facts = row_facts(row);
	struct row_frames frames = row_frames(table, row);

	emit_begin(emitter, NULL, '{');
	if (table->is_leaks)
		emit_string(emitter, "category", leak_kind_name(row->leak));
	emit_int(emitter, "size", row->size);
	if (table->is_diff)
		emit_int(emitter, "size_diff", row->size_diff);
	emit_int(emitter, "count", row->count);
	if (table->is_diff)
		emit_int(emitter, "count_diff", row->count_diff);
	if (row->count)
		emit_double(emitter, "average", (double)((long double)row->size / row->count));
	else
		emit_null(emitter, "average");
	if (table->is_diff)
		emit_string(emitter, "status", row_status_name(row->status));
	if (!table->is_leaks)
		measures(emitter, table, &facts->measures, row->now ? table->now.snapshot : table->before.snapshot);
	errors(emitter, table, &row->variance);
	emit_begin(emitter, "domains", '[');
	for (size_t i = 0; i < facts->domains.count; i++)
		emit_uint(emitter, NULL, facts->domains.items[i]);
	emit_end(emitter);
	if (table->query->by == BY_THREAD)
		thread(emitter, &table->keys, keys_oldest(&table->keys, row->key));
	if (table->query->by == BY_PROCESS)
		process(emitter, &table->keys, keys_oldest(&table->keys, row->key));
	if (table->query->by == BY_PROGRAM)
		emit_id(emitter, "program", table->keys.strings, keys_oldest(&table->keys, row->key)->name);
	frames_json(emitter, "traceback", &frames);
	emit_begin(emitter, "total_nframe", '{');
	emit_uint(emitter, "min", facts->min_nframe);
	emit_uint(emitter, "max", facts->max_nframe);
	emit_end(emitter);
	emit_end(emitter);
	ARRAY_FREE(&frames.all);
}

static void moment(struct emitter *emitter, const char *key, const struct side *side)
{
	const struct snapshot *snapshot = side->snapshot;

	emit_id(emitter, key, snapshot->strings, snapshot->moments.items[side->moment].name);
}

static void question(struct emitter *emitter, const struct table *table)
{
	const struct query *query = table->query;

	emit_string(emitter, "schema", table->is_leaks ? "memtrace-leaks/1" : "memtrace-stats/1");
	emit_string(emitter, "kind", table->is_diff ? "diff" : table->is_leaks ? "leaks" : "top");
	emit_string(emitter, "by", query_by_name(query->by));
	cumulative_json(emitter, query);
	moment(emitter, "moment", &table->now);
	if (table->is_diff) {
		moment(emitter, "old_moment", &table->before);
		snapshot_json(emitter, "old", table->before.snapshot, table->before.file);
		snapshot_json(emitter, "new", table->now.snapshot, table->now.file);
	} else {
		snapshot_json(emitter, "snapshot", table->now.snapshot, table->now.file);
	}
	query_json(emitter, query);
}

/* Of all kinds, also those that no row is of. */
static void leaks(struct emitter *emitter, const struct table *table)
{
	struct counts suppressed = {0, 0};

	for (int kind = 0; kind < LEAK_KINDS; kind++) {
		const struct table_leaks *leaks = &table->leaks[kind];

		emit_begin(emitter, leak_kind_name(kind), '{');
		emit_int(emitter, "size", leaks->now.size);
		emit_int(emitter, "count", leaks->now.count);
		if (table->is_diff) {
			emit_int(emitter, "size_diff", leaks->now.size - leaks->before.size);
			emit_int(emitter, "count_diff", leaks->now.count - leaks->before.count);
		}
		emit_end(emitter);
		suppressed.size += leaks->now.suppressed.size;
		suppressed.count += leaks->now.suppressed.count;
	}
	emit_begin(emitter, "suppressed", '{');
	emit_uint(emitter, "size", suppressed.size);
	emit_uint(emitter, "count", suppressed.count);
	emit_end(emitter);
}

static void print(const struct table *table, struct out *out)
{
	struct emitter emitter = {.out = out};

	emit_begin(&emitter, NULL, '{');
	question(&emitter, table);
	if (table->is_leaks)
		leaks(&emitter, table);
	emit_begin(&emitter, "total", '{');
	emit_int(&emitter, "size", table->size);
	emit_int(&emitter, "count", table->count);
	if (table->is_diff) {
		emit_int(&emitter, "size_diff", table->size_diff);
		emit_int(&emitter, "count_diff", table->count_diff);
	}
	errors(&emitter, table, &table->variance);
	emit_uint(&emitter, "groups", table->rows.count);
	emit_uint(&emitter, "shown", table->shown);
	emit_end(&emitter);
	emit_begin(&emitter, "rows", '[');
	for (size_t i = 0; i < table->shown; i++)
		row(&emitter, table, &table->rows.items[i]);
	emit_end(&emitter);
	emit_end(&emitter);
}

const struct printer print_json = {
	.name = "json",
	.summary = "one object with everything (memtrace-stats/1), for programs",
	.table = print,
	.annotation = annotation_json,
	.tree = tree_json,
};
