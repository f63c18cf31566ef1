/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace top [SNAP...]: who holds the memory, the largest first; of several snapshots, all together. tracemalloc's
 * Snapshot.statistics().
 */
#include "cmd/command.h"
#include "cmd/query_options.h"
#include "cmd/snapfiles.h"
#include "cmd/strict.h"

struct top_options {
	struct query_options query;
	const char *moment;
	bool children;
};

static const struct option_row rows[] = {
	QUERY_OPTION_ROWS,
	CHILDREN_ROW(struct top_options, children),
	{.name = "moment",
		.type = OPTION_TEXT,
		.offset = offsetof(struct top_options, moment),
		.argument = "MOMENT",
		.summary = "the blocks live then: exit, peak or a label (also SNAP@MOMENT)"},
	{.name = NULL},
};

static int print(const struct top_options *options, const struct snapfile *snap, struct error *err)
{
	struct side side = {snap->snapshot, snap->file, snap->moment};
	const struct printer *printer;
	struct table table = {0};
	struct query query;
	struct out out;
	int rc = query_options_read(&options->query, &snap->snapshot, 1, &query, err);

	if (rc == 0)
		rc = table_top(&table, &query, &side, err);
	if (rc == 0) {
		out_init(&out, stdout);
		printer = query_options_printer(&options->query, &out);
		if (printer == &print_text)
			snapfile_say_sampled(snap);
		printer->table(&table, &out);
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
	const struct snapfiles files = {
		.names = argv, .n = (size_t)argc, .moment = options->moment, .children = options->children};
	int rc = query_options_check(&options->query, err);

	if (rc == 0)
		rc = snapfiles_open(&snap, &files, err);
	if (rc == 0)
		map_path_apply(&options->query.map_paths, &snap.snapshot, 1);
	if (rc == 0)
		rc = print(options, &snap, err);
	if (rc == 0)
		rc = strict_status(options->query.strict, snaps, 1);
	snapfile_close(&snap);
	query_options_release(&options->query);
	return rc;
}

const struct command command_top = {
	.name = "top",
	.usage = "[OPTIONS] [SNAP[@MOMENT]...]",
	.summary = "say who holds the memory, the largest first",
	.options = rows,
	.options_size = sizeof(struct top_options),
	.run = run,
};
