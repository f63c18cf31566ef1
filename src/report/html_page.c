/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page is what page/page.html is, cut in two by the build, with the data between. No name stands in its markup: all of them
 * are in the data, which are base64, and the script makes text of them, never markup.
 */
#include "report/html_page.h"

#include <stdlib.h>
#include "report/html_columns.h"
#include "report/html_lives.h"
#include "report/html_numbers.h"
#include "report/html_source.h"
#include "report/html_stacks.h"
#include "report/query_json.h"
#include "report/short_name.h"
#include "report/snapshot_document.h"
#include "report/snapshot_json.h"

/* The parts of page.html before and behind the data: see the Makefile. */
extern const char html_head[], html_head_end[], html_tail[], html_tail_end[];

struct writing {
	const struct html_page *page;
	struct html_stacks stacks;
	struct html_side sides[2]; /* now, before */
	int n_sides;
	struct html_columns columns;
};

/* For each string its short form, or itself: of functions alone. */
static void short_column(struct writing *writing)
{
	struct strings *strings = writing->stacks.keys.strings;
	size_t n = strings_count(strings);
	uint64_t *shorts = xcalloc(n + 1, sizeof *shorts);

	for (size_t i = 0; i < writing->stacks.spots.count; i++) {
		string_id id = writing->stacks.spots.items[i].name;
		struct buffer buffer = {0};
		struct short_name name;
		size_t pieces;

		if (!id || id >= n || shorts[id] || writing->page->query->full_names)
			continue;
		pieces = short_name(&name, strings_get(strings, id), strings_size(strings, id));
		for (size_t k = 0; k < pieces; k++)
			buffer_bytes(&buffer, name.pieces[k].data, name.pieces[k].size);
		shorts[id] = strings_add_bytes(strings, (const char *)buffer.data, buffer.size);
		buffer_free(&buffer);
	}
	for (size_t i = 0; i < n; i++)
		shorts[i] = shorts[i] ? shorts[i] : i;
	html_columns_add(&writing->columns, shorts, n, "string_short");
	free(shorts);
}

static void side_json(struct emitter *emitter, const char *key, const struct side *side)
{
	const struct snapshot *snapshot = side->snapshot;

	if (!snapshot) {
		emit_null(emitter, key);
		return;
	}
	emit_begin(emitter, key, '{');
	snapshot_json(emitter, "snapshot", snapshot, side->file);
	emit_uint(emitter, "moment", side->moment);
	emit_known(emitter, "timeline_from", snapshot->timeline.count ? snapshot->timeline.items[0].time_ns : 0);
	document_tables(emitter, snapshot);
	emit_end(emitter);
}

static void header(struct writing *writing, struct out *out)
{
	const struct strings *strings = writing->stacks.keys.strings;
	const struct html_page *page = writing->page;
	struct emitter emitter = {.out = out};

	emit_begin(&emitter, NULL, '{');
	side_json(&emitter, "now", &page->now);
	side_json(&emitter, "before", &page->before);
	query_json(&emitter, page->query);
	html_source_json(&emitter, page->sources ? &writing->stacks : NULL, page->now.snapshot);
	emit_begin(&emitter, "strings", '[');
	for (uint32_t i = 0; i < strings_count(strings); i++)
		emit_text(&emitter, NULL, strings_get(strings, i), strings_size(strings, i));
	emit_end(&emitter);
	html_columns_json(&emitter, &writing->columns);
	emit_end(&emitter);
}

static int write_data(struct writing *writing, struct out *out, struct error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	struct out memory;
	int rc;

	if (!stream)
		memory_out();
	out_init(&memory, stream);
	header(writing, &memory);
	rc = out_finish(&memory, err);
	fclose(stream);
	if (rc == 0)
		rc = html_columns_write(&writing->columns, text, size, out, err);
	free(text);
	return rc;
}

int html_page_write(const struct html_page *page, struct out *out, struct error *err)
{
	const struct side *from[2] = {&page->now, &page->before};
	struct writing writing = {.page = page, .n_sides = page->before.snapshot ? 2 : 1};
	int rc;

	html_stacks_init(&writing.stacks);
	for (int i = 0; i < writing.n_sides; i++)
		html_stacks_add(&writing.stacks, &writing.sides[i], from[i], page->query);
	html_stacks_columns(&writing.stacks, &writing.columns);
	short_column(&writing);
	for (int i = 0; i < writing.n_sides; i++) {
		html_numbers_columns(&writing.sides[i], i, writing.stacks.rows.count, &writing.columns);
		html_lives_columns(&writing.sides[i], i, writing.stacks.rows.count, &writing.columns);
	}
	out_bytes(out, html_head, (size_t)(html_head_end - html_head));
	rc = write_data(&writing, out, err);
	out_bytes(out, html_tail, (size_t)(html_tail_end - html_tail));
	for (int i = 0; i < writing.n_sides; i++)
		html_side_release(&writing.sides[i]);
	html_columns_release(&writing.columns);
	html_stacks_release(&writing.stacks);
	return rc;
}
