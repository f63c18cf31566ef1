/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace-annotation/1: the lines of a file that have blocks, or all of them when that was asked. Programs have no use for the
 * lines around.
 */
#include "report/emit.h"
#include "report/printer.h"
#include "report/query_json.h"
#include "report/snapshot_json.h"

static void name_json(struct emitter *emitter, const char *key, const struct name *name)
{
	if (name->data)
		emit_text(emitter, key, name->data, name->size);
	else
		emit_null(emitter, key);
}

static void line_json(struct emitter *emitter, const struct annotated_line *line)
{
	emit_begin(emitter, NULL, '{');
	emit_uint(emitter, "lineno", line->lineno);
	emit_int(emitter, "size", line->size);
	emit_int(emitter, "count", line->count);
	if (line->count)
		emit_double(emitter, "average", (double)((long double)line->size / line->count));
	else
		emit_null(emitter, "average");
	name_json(emitter, "function", &line->function);
	name_json(emitter, "source", &line->text);
	emit_end(emitter);
}

static void sum_json(struct emitter *emitter, const char *key, int64_t size, int64_t count)
{
	emit_begin(emitter, key, '{');
	emit_int(emitter, "size", size);
	emit_int(emitter, "count", count);
	emit_end(emitter);
}

void annotation_json(const struct annotation *annotation, struct out *out)
{
	const struct table *table = annotation->table;
	const struct side *side = &table->now;
	struct emitter emitter = {.out = out};
	struct annotation_walk walk = {0};
	struct annotated_line line;

	emit_begin(&emitter, NULL, '{');
	emit_string(&emitter, "schema", "memtrace-annotation/1");
	name_json(&emitter, "filename", &annotation->filename);
	emit_bool(&emitter, "readable", annotation->readable);
	emit_bool(&emitter, "newer", annotation->newer);
	cumulative_json(&emitter, table->query);
	emit_id(&emitter, "moment", side->snapshot->strings, side->snapshot->moments.items[side->moment].name);
	snapshot_json(&emitter, "snapshot", side->snapshot, side->file);
	query_json(&emitter, table->query);
	sum_json(&emitter, "total", table->size, table->count);
	if (table->query->cumulative)
		emit_null(&emitter, "file");
	else
		sum_json(&emitter, "file", annotation->size, annotation->count);
	emit_begin(&emitter, "lines", '[');
	while (annotation_next(annotation, &walk, &line)) {
		if (line.has_blocks || annotation->all)
			line_json(&emitter, &line);
	}
	emit_end(&emitter);
	emit_end(&emitter);
}
