/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace diff OLD NEW: what changed, the largest change first. tracemalloc's NEW.compare_to(OLD).
 * Without NEW it is the newest snapshot here, without OLD the one before that.
 */
#include <stdlib.h>
#include "cmd/command.h"
#include "cmd/query_options.h"
#include "cmd/snapfile.h"
#include "cmd/strict.h"

struct diff_options {
	struct query_options query;
	bool exit_code;
};

static const struct option_row rows[] = {
	QUERY_OPTION_ROWS,
	{.name = "exit-code",
		.type = OPTION_FLAG,
		.offset = offsetof(struct diff_options, exit_code),
		.summary = "exit 1 when there is a difference"},
	{.name = NULL},
};

/* Rows that are not shown count too. */
static bool differs(const struct table *table)
{
	for (size_t i = 0; i < table->rows.count; i++) {
		if (table->rows.items[i].status != ROW_SAME)
			return true;
	}
	return false;
}

static int print(const struct diff_options *options, const struct snapfile *old,
	const struct snapfile *new, struct error *err)
{
	struct side before = {old->snapshot, old->file, old->moment};
	struct side now = {new->snapshot, new->file, new->moment};
	struct snapshot *snapshots[] = {old->snapshot, new->snapshot};
	const struct printer *printer;
	struct table table = {0};
	struct query query;
	struct out out;
	int rc;

	map_path_apply(&options->query.map_paths, snapshots, 2);
	rc = query_options_read(&options->query, snapshots, 2, &query, err);
	if (rc == 0)
		rc = table_diff(&table, &query, &before, &now, err);
	if (rc == 0) {
		out_init(&out, stdout);
		printer = query_options_printer(&options->query, &out);
		for (int i = 0; i < 2 && printer == &print_text; i++)
			snapfile_say_sampled(i ? new : old);
		printer->table(&table, &out);
		rc = out_finish(&out, err);
	}
	if (rc == 0 && options->exit_code && differs(&table))
		rc = EXIT_CHECK_FAILED;
	if (table.query)
		table_release(&table);
	query_release(&query);
	return rc;
}

/* NAMES: old and new; those that come from here are also in *found, to be freed. */
static int choose(int argc, char **argv, const char *names[2], char *found[2], struct error *err)
{
	if (argc > 2)
		return error_set(err, "diff: two snapshots, OLD and NEW, not %d", argc);
	for (int i = 0; i < argc; i++)
		names[i] = argv[i];
	if (argc < 2) {
		names[1] = found[1] = snapfile_newest(0, argc ? argv[0] : NULL, err);
		if (!found[1])
			return -1;
	}
	if (argc < 1) {
		names[0] = found[0] = snapfile_newest(1, NULL, err);
		if (!found[0])
			return -1;
	}
	return 0;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct diff_options *options = data;
	struct snapfile old = {0}, new = {0};
	const struct snapfile *snaps[] = {&old, &new};
	const char *names[2] = {NULL, NULL};
	char *found[2] = {NULL, NULL};
	int rc = query_options_check(&options->query, err);

	if (rc == 0)
		rc = choose(argc, argv, names, found, err);
	if (rc == 0)
		rc = snapfile_open(&old, names[0], err);
	if (rc == 0)
		rc = snapfile_open(&new, names[1], err);
	if (rc == 0)
		rc = print(options, &old, &new, err);
	if (rc >= 0 && strict_status(options->query.strict, snaps, 2) && rc == 0)
		rc = EXIT_INCOMPLETE;
	snapfile_close(&old);
	snapfile_close(&new);
	free(found[0]);
	free(found[1]);
	query_options_release(&options->query);
	return rc;
}

const struct command command_diff = {
	.name = "diff",
	.usage = "[OPTIONS] [OLD[@MOMENT] [NEW[@MOMENT]]]",
	.summary = "say what changed between two snapshots, the largest change first",
	.options = rows,
	.options_size = sizeof(struct diff_options),
	.run = run,
};
