/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace annotate FILE [SNAP]: a source file with the bytes of its lines beside it, as perf annotate and gcov have it.
 */
#include <stdlib.h>
#include <string.h>
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/query_options.h"
#include "cmd/snapfile.h"
#include "cmd/strict.h"
#include "cmd/suggest.h"

enum { CONTEXT_DEFAULT = 3 };

struct annotate_options {
	struct query_options query;
	const char *moment;
	struct option_number context;
	bool all;
};

static const struct option_row rows[] = {
	{.name = "context",
		.letter = 'C',
		.type = OPTION_GIVEN,
		.offset = offsetof(struct annotate_options, context),
		.argument = "N",
		.low = 0,
		.high = INT32_MAX,
		.summary = "show N lines around each one with blocks (default: 3)"},
	{.name = "all",
		.letter = 'a',
		.type = OPTION_FLAG,
		.offset = offsetof(struct annotate_options, all),
		.summary = "show every line of the file"},
	{.name = "moment",
		.type = OPTION_TEXT,
		.offset = offsetof(struct annotate_options, moment),
		.argument = "MOMENT",
		.summary = "the blocks live then: exit, peak or a label (also SNAP@MOMENT)"},
	QUERY_SIEVE_ROWS,
	QUERY_SHOW_ROWS,
	{.name = NULL},
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int find(const struct snapfile *snap, const char *text, string_id *filename, struct error *err)
{
	const struct snapshot *snapshot = snap->snapshot;
	struct suggestion suggestion = {.typed = last_part(text)};

	if (annotation_find(snapshot, text, filename, err) == 0)
		return 0;
	for (size_t i = 0; i < snapshot->frames.count && !*err->hint; i++) {
		if (!(snapshot->frames.items[i].flags & FRAME_NO_LINE))
			suggest(&suggestion, last_part(strings_get(snapshot->strings, snapshot->frames.items[i].filename)));
	}
	if (suggestion.best && strcmp(suggestion.best, suggestion.typed) != 0)
		error_hint(err, "did you mean '%s'?", suggestion.best);
	else if (!*err->hint)
		error_hint(err, "memtrace top --by filename --cumulative -n 0 %s shows all files", snap->file);
	return error_prefix(err, "%s", snap->file);
}

/* What somebody who sees the lines should know of them. */
static void say_notes(const struct annotation *annotation)
{
	const char *name = annotation->filename.data;

	if (!annotation->readable)
		log_say("%s cannot be read here: its lines are shown by their numbers alone; --map-path says where it is", name);
	if (annotation->newer)
		log_say("warning: %s was changed after the program began: its lines may have moved", name);
	if (!annotation->lines.count)
		log_say("no block that is live then belongs to a line of %s%s", name,
			annotation->table->query->cumulative ? "" : "; --cumulative counts those further down the stack");
}

static int print(const struct annotate_options *options, const struct snapfile *snap, string_id filename, struct error *err)
{
	const struct strings *strings = snap->snapshot->strings;
	struct side side = {snap->snapshot, snap->file, snap->moment};
	struct annotation annotation;
	struct table table = {0};
	struct query query;
	struct out out;
	int rc = query_options_read(&options->query, &snap->snapshot, 1, &query, err);

	if (rc == 0)
		rc = table_top(&table, &query, &side, err);
	if (rc == 0) {
		annotation_make(&annotation, &table,
			(struct name){strings_get(strings, filename), strings_size(strings, filename)});
		annotation.all = options->all;
		annotation.context = options->context.given ? (uint32_t)options->context.value : CONTEXT_DEFAULT;
		say_notes(&annotation);
		snapfile_say_sampled(snap);
		out_init(&out, stdout);
		query_options_printer(&options->query, &out)->annotation(&annotation, &out);
		rc = out_finish(&out, err);
		annotation_release(&annotation);
	}
	if (table.query)
		table_release(&table);
	query_release(&query);
	return rc;
}

/* FILE.snap or FILE.snap@MOMENT. */
static bool is_snapshot_name(const char *text)
{
	const char *dot = strstr(last_part(text), ".snap");

	return dot && (!dot[5] || dot[5] == '@');
}

static int check(const struct annotate_options *options, int argc, char **argv, struct error *err)
{
	if (query_options_check(&options->query, err) < 0)
		return -1;
	if (options->all && options->context.given)
		return error_set(err, "--all and --context contradict each other");
	if (argc > 2)
		return error_set(err, "annotate: one file and one snapshot, not %d", argc);
	if (argc == 0 || (argc == 1 && is_snapshot_name(argv[0]))) {
		error_set(err, "annotate: no source file given%s%s", argc ? ", only the snapshot " : "", argc ? argv[0] : "");
		return error_hint(err, "memtrace annotate src/parse.c %s", argc ? argv[0] : "a.snap");
	}
	return 0;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct annotate_options *options = data;
	struct snapfile snap = {0};
	const struct snapfile *snaps[] = {&snap};
	string_id filename = 0;
	char *newest = NULL;
	int rc = check(options, argc, argv, err);

	if (rc == 0 && argc == 1) {
		newest = snapfile_newest(0, NULL, err);
		rc = newest ? 0 : -1;
	}
	if (rc == 0) {
		rc = snapfile_open(&snap, newest ? newest : argv[1], err);
		if (rc < 0 && !*err->hint)
			error_hint(err, "memtrace annotate FILE SNAP: the source file comes first");
	}
	if (rc == 0)
		rc = snapfile_choose(&snap, options->moment, err);
	if (rc == 0) {
		map_path_apply(&options->query.map_paths, &snap.snapshot, 1);
		rc = find(&snap, argv[0], &filename, err);
	}
	if (rc == 0)
		rc = print(options, &snap, filename, err);
	if (rc == 0)
		rc = strict_status(options->query.strict, snaps, 1);
	snapfile_close(&snap);
	free(newest);
	query_options_release(&options->query);
	return rc;
}

const struct command command_annotate = {
	.name = "annotate",
	.usage = "[OPTIONS] FILE [SNAP[@MOMENT]]",
	.summary = "show a source file with the bytes of its lines beside it",
	.options = rows,
	.options_size = sizeof(struct annotate_options),
	.run = run,
};
