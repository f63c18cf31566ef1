/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace top [SNAP]: who holds the memory, the largest first. tracemalloc's
 * Snapshot.statistics().
 */
#include <stdlib.h>
#include "cmd/command.h"
#include "cmd/query_options.h"
#include "cmd/snapfile.h"
#include "cmd/strict.h"

struct top_options {
	struct query_options query;
};

static const struct option_row rows[] = {
	QUERY_OPTION_ROWS,
	{.name = NULL},
};

static int print(const struct top_options *options, const struct snapfile *snap, struct error *err)
{
	struct side side = {snap->snapshot, snap->file, snap->moment};
	struct table table = {0};
	struct query query;
	struct out out;
	int rc = query_options_read(&options->query, &snap->snapshot, 1, &query, err);

	if (rc == 0)
		rc = table_top(&table, &query, &side, err);
	if (rc == 0) {
		out_init(&out, stdout);
		query_options_printer(&options->query, &out)->table(&table, &out);
		rc = out_finish(&out, err);
	}
	if (table.query)
		table_release(&table);
	query_release(&query);
	return rc;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct top_options *options = data;
	struct snapfile snap = {0};
	const struct snapfile *snaps[] = {&snap};
	char *newest = NULL;
	int rc = query_options_check(&options->query, err);

	if (rc == 0 && argc > 1)
		rc = error_set(err, "top: one snapshot, not %d", argc);
	if (rc == 0 && argc == 0) {
		newest = snapfile_newest(0, NULL, err);
		rc = newest ? 0 : -1;
	}
	if (rc == 0)
		rc = snapfile_open(&snap, newest ? newest : argv[0], err);
	if (rc == 0)
		map_path_apply(&options->query.map_paths, &snap.snapshot, 1);
	if (rc == 0)
		rc = print(options, &snap, err);
	if (rc == 0)
		rc = strict_status(options->query.strict, snaps, 1);
	snapfile_close(&snap);
	free(newest);
	query_options_release(&options->query);
	return rc;
}

const struct command command_top = {
	.name = "top",
	.usage = "[OPTIONS] [SNAP[@MOMENT]]",
	.summary = "say who holds the memory, the largest first",
	.options = rows,
	.options_size = sizeof(struct top_options),
	.run = run,
};
