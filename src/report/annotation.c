/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table is sorted by whatever was asked; its rows of one file are few, and are put in order here. Lines behind the end of the
 * file have blocks where the file is not the one that was compiled: they are shown without a text.
 */
#include "report/annotation.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a_data, const void *b_data)
{
	const struct annotated_line *a = a_data, *b = b_data;

	return (a->lineno > b->lineno) - (a->lineno < b->lineno);
}

static void add_row(struct annotation *annotation, const struct row *row)
{
	const struct keys *keys = &annotation->table->keys;
	const struct place *place = keys_oldest(keys, row->key);
	const struct sight *sight = &row_facts(row)->sight;
	struct annotated_line *line;

	if (place->kind != PLACE_LINE || strings_size(keys->strings, place->name) != annotation->filename.size ||
		memcmp(strings_get(keys->strings, place->name), annotation->filename.data, annotation->filename.size) != 0)
		return;
	line = ARRAY_PUSH(&annotation->lines);
	line->lineno = place->lineno;
	line->has_blocks = true;
	line->size = row->size;
	line->count = row->count;
	if (!sight->mixed_function && sight->function)
		line->function = (struct name){strings_get(keys->strings, sight->function),
			strings_size(keys->strings, sight->function)};
	annotation->size += row->size;
	annotation->count += row->count;
}

/* Of an imported snapshot nobody knows when its program ran. */
static bool is_newer(const struct annotation *annotation)
{
	const struct run *run = &annotation->table->now.snapshot->run;

	return annotation->readable &&
	       source_newer(annotation->filename.data, run->started_ns ? run->started_ns : run->taken_ns);
}

void annotation_make(struct annotation *annotation, const struct table *table, struct name filename)
{
	*annotation = (struct annotation){.table = table, .filename = filename, .sources = sources_new()};
	for (size_t i = 0; i < table->rows.count; i++)
		add_row(annotation, &table->rows.items[i]);
	if (annotation->lines.count)
		qsort(annotation->lines.items, annotation->lines.count, sizeof(struct annotated_line), compare);
	annotation->readable =
		sources_count(annotation->sources, filename.data, filename.size, &annotation->n_lines);
	annotation->newer = is_newer(annotation);
}

void annotation_release(struct annotation *annotation)
{
	sources_free(annotation->sources);
	ARRAY_FREE(&annotation->lines);
}

/* The first line from LINENO on that is to be shown; NEXT: the first one with blocks from there on. */
static uint64_t shown_from(const struct annotation *annotation, uint64_t lineno, size_t next)
{
	const struct annotated_line *lines = annotation->lines.items;
	uint64_t coming = next < annotation->lines.count ? lines[next].lineno : UINT64_MAX;

	if (coming == lineno)
		return lineno;
	if (lineno == 0)
		lineno = 1;
	if (lineno > annotation->n_lines)
		return coming;
	if (annotation->all || (next > 0 && lines[next - 1].lineno && lineno - lines[next - 1].lineno <= annotation->context))
		return lineno;
	if (coming > annotation->n_lines + (uint64_t)annotation->context)
		return coming;
	return coming > lineno + annotation->context ? coming - annotation->context : lineno;
}

bool annotation_next(const struct annotation *annotation, struct annotation_walk *walk, struct annotated_line *line)
{
	uint64_t lineno = shown_from(annotation, walk->lineno, walk->next);

	if (lineno == UINT64_MAX)
		return false;
	walk->gap = walk->begun && lineno > walk->lineno;
	walk->begun = true;
	walk->lineno = lineno + 1;
	*line = (struct annotated_line){.lineno = (uint32_t)lineno};
	if (walk->next < annotation->lines.count && annotation->lines.items[walk->next].lineno == lineno)
		*line = annotation->lines.items[walk->next++];
	line->text.data = sources_text(annotation->sources, annotation->filename.data, annotation->filename.size,
		line->lineno, &line->text.size);
	return true;
}

/* Whether NAME ends with the components of TEXT. */
static bool ends_with(const char *name, const char *text)
{
	size_t name_size = strlen(name), size = strlen(text);

	return size && size < name_size && strcmp(name + name_size - size, text) == 0 &&
	       (*text == '/' || name[name_size - size - 1] == '/');
}

struct found {
	ARRAY(string_id) all;
};

static void find_ending(const struct snapshot *snapshot, const char *text, const bool *is_file, struct found *found)
{
	for (uint32_t id = 0; id < strings_count(snapshot->strings); id++) {
		if (is_file[id] && ends_with(strings_get(snapshot->strings, id), text))
			*ARRAY_PUSH(&found->all) = id;
	}
}

static string_id find_itself(const struct snapshot *snapshot, const char *text, const bool *is_file)
{
	for (uint32_t id = 1; text && id < strings_count(snapshot->strings); id++) {
		if (is_file[id] && strcmp(strings_get(snapshot->strings, id), text) == 0)
			return id;
	}
	return 0;
}

/* The names of files that have lines. */
static bool *files_of(const struct snapshot *snapshot)
{
	bool *is_file = xcalloc(strings_count(snapshot->strings), sizeof *is_file);

	for (size_t i = 0; i < snapshot->frames.count; i++) {
		const struct frame *frame = &snapshot->frames.items[i];
		const char *name = strings_get(snapshot->strings, frame->filename);

		if (!(frame->flags & FRAME_NO_LINE) && strcmp(name, SNAPSHOT_UNKNOWN) != 0)
			is_file[frame->filename] = strlen(name) == strings_size(snapshot->strings, frame->filename);
	}
	return is_file;
}

static int several(const struct snapshot *snapshot, const char *text, const struct found *found, struct error *err)
{
	enum { TOLD = 4 };
	char *names = xstrdup("");

	for (size_t i = 0; i < found->all.count && i < TOLD; i++) {
		char *more = xasprintf("%s%s%s", names, i ? ", " : "", strings_get(snapshot->strings, found->all.items[i]));

		free(names);
		names = more;
	}
	error_set(err, "'%s' may be one of %zu files: %s%s", text, found->all.count, names,
		found->all.count > TOLD ? ", ..." : "");
	free(names);
	return error_hint(err, "name one with more of its folders");
}

int annotation_find(const struct snapshot *snapshot, const char *text, string_id *filename, struct error *err)
{
	bool *is_file = files_of(snapshot);
	struct found found = {{0}};
	char *real = realpath(text, NULL);
	const char *plain = text;
	int rc = 0;

	while (strncmp(plain, "./", 2) == 0)
		plain += 2 + strspn(plain + 2, "/");
	*filename = find_itself(snapshot, text, is_file);
	if (!*filename)
		*filename = find_itself(snapshot, real, is_file);
	if (!*filename)
		find_ending(snapshot, plain, is_file, &found);
	if (found.all.count == 1)
		*filename = found.all.items[0];
	else if (found.all.count)
		rc = several(snapshot, text, &found, err);
	else if (!*filename)
		rc = error_set(err, "there is no line of a file '%s'", text);
	ARRAY_FREE(&found.all);
	free(real);
	free(is_file);
	return rc;
}
