/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace-stats/1: the query and its rows as one object. Keys are never renamed; integers are
 * bytes; what is unknown, or differs between the blocks of a row, is null.
 */
#include <string.h>
#include "report/json.h"
#include "report/printer.h"
#include "report/snapshot_json.h"

static void name(struct json *json, const char *key, const struct name *name)
{
	if (name->data)
		json_text(json, key, name->data, name->size);
	else
		json_null(json, key);
}

static void frame(struct json *json, const struct row_frame *frame)
{
	json_begin(json, NULL, '{');
	name(json, "filename", &frame->filename);
	json_uint(json, "lineno", frame->lineno);
	name(json, "function", &frame->function);
	name(json, "module", &frame->module);
	if (frame->has_address)
		json_hex(json, "address", frame->address);
	else
		json_null(json, "address");
	if (frame->inlined >= 0)
		json_bool(json, "inlined", frame->inlined);
	else
		json_null(json, "inlined");
	json_end(json);
}

static void thread(struct json *json, const struct keys *keys, const struct place *place)
{
	if (place->kind != PLACE_THREAD) {
		json_null(json, "thread");
		return;
	}
	json_begin(json, "thread", '{');
	json_int(json, "tid", (int64_t)place->number);
	json_id(json, "name", keys->strings, place->name);
	json_end(json);
}

static void row(struct json *json, const struct table *table, const struct row *row)
{
	const struct group_row *facts = row_facts(row);
	struct row_frames frames = row_frames(table, row);

	json_begin(json, NULL, '{');
	json_int(json, "size", row->size);
	if (table->is_diff)
		json_int(json, "size_diff", row->size_diff);
	json_int(json, "count", row->count);
	if (table->is_diff)
		json_int(json, "count_diff", row->count_diff);
	if (row->count)
		json_double(json, "average", (double)((long double)row->size / row->count));
	else
		json_null(json, "average");
	if (table->is_diff)
		json_string(json, "status", row_status_name(row->status));
	json_begin(json, "domains", '[');
	for (size_t i = 0; i < facts->domains.count; i++)
		json_uint(json, NULL, facts->domains.items[i]);
	json_end(json);
	if (table->query->by == BY_THREAD)
		thread(json, &table->keys, keys_oldest(&table->keys, row->key));
	json_begin(json, "traceback", '[');
	for (size_t i = 0; i < frames.all.count; i++)
		frame(json, &frames.all.items[i]);
	json_end(json);
	json_begin(json, "total_nframe", '{');
	json_uint(json, "min", facts->min_nframe);
	json_uint(json, "max", facts->max_nframe);
	json_end(json);
	json_end(json);
	ARRAY_FREE(&frames.all);
}

static void filters(struct json *json, const struct query *query)
{
	json_begin(json, "filters", '[');
	for (size_t i = 0; i < query->filters.all.count; i++) {
		const struct filter *filter = &query->filters.all.items[i];

		json_begin(json, NULL, '{');
		json_bool(json, "inclusive", filter->inclusive);
		if (filter->pattern)
			json_text(json, "pattern", filter->pattern, filter->pattern_size);
		else
			json_null(json, "pattern");
		if (filter->lineno != FILTER_NO_LINE)
			json_int(json, "lineno", filter->lineno);
		else
			json_null(json, "lineno");
		json_bool(json, "all_frames", filter->all_frames);
		if (filter->domain != FILTER_NO_DOMAIN)
			json_int(json, "domain", filter->domain);
		else
			json_null(json, "domain");
		json_end(json);
	}
	json_end(json);
	if (query->only_domain != QUERY_NO_DOMAIN)
		json_int(json, "only_domain", query->only_domain);
	else
		json_null(json, "only_domain");
	json_bool(json, "hide_std", query->hide_standard);
}

static void moment(struct json *json, const char *key, const struct side *side)
{
	const struct snapshot *snapshot = side->snapshot;

	json_id(json, key, snapshot->strings, snapshot->moments.items[side->moment].name);
}

static void question(struct json *json, const struct table *table)
{
	const struct query *query = table->query;

	json_string(json, "schema", "memtrace-stats/1");
	json_string(json, "kind", table->is_diff ? "diff" : "top");
	json_string(json, "by", query_by_name(query->by));
	if (query->cumulative == CUMULATIVE_ONCE)
		json_string(json, "cumulative", "once");
	else
		json_bool(json, "cumulative", query->cumulative == CUMULATIVE_FRAMES);
	moment(json, "moment", &table->now);
	if (table->is_diff) {
		moment(json, "old_moment", &table->before);
		snapshot_json(json, "old", table->before.snapshot, table->before.file);
		snapshot_json(json, "new", table->now.snapshot, table->now.file);
	} else {
		snapshot_json(json, "snapshot", table->now.snapshot, table->now.file);
	}
	filters(json, query);
}

static void print(const struct table *table, struct out *out)
{
	struct json json = {.out = out};

	json_begin(&json, NULL, '{');
	question(&json, table);
	json_begin(&json, "total", '{');
	json_int(&json, "size", table->size);
	json_int(&json, "count", table->count);
	if (table->is_diff) {
		json_int(&json, "size_diff", table->size_diff);
		json_int(&json, "count_diff", table->count_diff);
	}
	json_uint(&json, "groups", table->rows.count);
	json_uint(&json, "shown", table->shown);
	json_end(&json);
	json_begin(&json, "rows", '[');
	for (size_t i = 0; i < table->shown; i++)
		row(&json, table, &table->rows.items[i]);
	json_end(&json);
	json_end(&json);
}

const struct printer print_json = {
	.name = "json",
	.summary = "one object with everything (memtrace-stats/1), for programs",
	.table = print,
};
