/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace tree [SNAP]: the call tree with what was allocated below each call, or inverted, or its difference to another's.
 */
#include "cmd/command.h"
#include "cmd/query_options.h"
#include "cmd/snapfiles.h"
#include "cmd/strict.h"
#include "report/metric.h"

struct tree_options {
	struct query_options query;
	const char *metric, *moment, *threshold, *base;
	struct option_number depth;
	bool inverted, full, children;
};

static const struct option_row rows[] = {
	QUERY_ROW("by", 'b', OPTION_CHOICE, by, .argument = "KEY", .choices = "lineno|function",
		.summary = "a node is a line (default) or a function"),
	{.name = "inverted",
		.letter = 'i',
		.type = OPTION_FLAG,
		.offset = offsetof(struct tree_options, inverted),
		.summary = "begin where blocks are made, with their callers below"},
	{.name = "base",
		.type = OPTION_TEXT,
		.offset = offsetof(struct tree_options, base),
		.argument = "OLD",
		.summary = "the difference to another snapshot"},
	{.name = "metric",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct tree_options, metric),
		.argument = "WHAT",
		.choices = METRIC_NAMES,
		.summary = "weigh by size (default), count, total_size or total_count"},
	{.name = "moment",
		.type = OPTION_TEXT,
		.offset = offsetof(struct tree_options, moment),
		.argument = "MOMENT",
		.summary = "the blocks live then: exit, peak or a label (also SNAP@MOMENT)"},
	{.name = "threshold",
		.letter = 't',
		.type = OPTION_TEXT,
		.offset = offsetof(struct tree_options, threshold),
		.argument = "N|N%",
		.summary = "leave out what is below a share (default: 1%) or a size"},
	{.name = "depth",
		.letter = 'd',
		.type = OPTION_GIVEN,
		.offset = offsetof(struct tree_options, depth),
		.argument = "N",
		.low = 0,
		.high = UINT32_MAX,
		.summary = "show the first N frames of each path, 0 for all (default)"},
	{.name = "full",
		.type = OPTION_FLAG,
		.offset = offsetof(struct tree_options, full),
		.summary = "in tables show every frame of long runs"},
	CHILDREN_ROW(struct tree_options, children),
	QUERY_FILTER_ROWS,
	QUERY_DEMANGLE_ROW,
	QUERY_SHOW_ROWS,
	{.name = NULL},
};

static int print(const struct tree_options *options, const struct tree_query *query, const struct snapfile *base,
	const struct snapfile *snap, struct error *err)
{
	struct side before = {base->snapshot, base->file, base->moment};
	struct side now = {snap->snapshot, snap->file, snap->moment};
	struct tree tree;
	struct out out;
	int rc = tree_make(&tree, query, base->snapshot ? &before : NULL, &now, err);

	if (rc == 0) {
		snapfile_say_sampled(base);
		snapfile_say_sampled(snap);
		out_init(&out, stdout);
		query_options_printer(&options->query, &out)->tree(&tree, &out);
		rc = out_finish(&out, err);
	}
	tree_release(&tree);
	return rc;
}

static int tell(const struct tree_options *options, struct tree_query *query, const struct snapfile *base,
	const struct snapfile *snap, struct error *err)
{
	struct snapshot *snapshots[] = {snap->snapshot, base->snapshot};
	size_t n = base->snapshot ? 2 : 1;
	struct query sieve;
	int rc;

	map_path_apply(&options->query.map_paths, snapshots, n);
	rc = query_options_read(&options->query, snapshots, n, &sieve, err);
	query->query = &sieve;
	if (rc == 0)
		rc = print(options, query, base, snap, err);
	query_release(&sieve);
	return rc;
}

static int check(const struct tree_options *options, struct tree_query *query, struct error *err)
{
	if (query_options_check(&options->query, err) < 0)
		return -1;
	*query = (struct tree_query){
		.metric = options->metric ? (enum metric)metric_find(options->metric) : METRIC_SIZE,
		.inverted = options->inverted,
		.percent = TREE_PERCENT_DEFAULT,
		.depth = (uint64_t)options->depth.value,
		.full = options->full,
	};
	return options->threshold ? tree_threshold_parse(query, options->threshold, err) : 0;
}

/* A base without a moment of its own is looked at at the same one. */
static int open_base(const struct tree_options *options, struct snapfile *base, struct error *err)
{
	if (!options->base)
		return 0;
	if (snapfile_open(base, options->base, err) < 0)
		return -1;
	return snapfile_choose(base, base->named_moment ? NULL : options->moment, err);
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct tree_options *options = data;
	struct snapfile snap = {0}, base = {0};
	const struct snapfile *snaps[] = {&snap, &base};
	const struct snapfiles files = {.names = argv,
		.n = (size_t)argc,
		.but = options->base,
		.moment = options->moment,
		.children = options->children};
	struct tree_query query;
	int rc = check(options, &query, err);

	if (rc == 0)
		rc = snapfiles_open(&snap, &files, err);
	if (rc == 0)
		rc = open_base(options, &base, err);
	if (rc == 0)
		rc = tell(options, &query, &base, &snap, err);
	if (rc == 0)
		rc = strict_status(options->query.strict, snaps, base.snapshot ? 2 : 1);
	snapfile_close(&snap);
	snapfile_close(&base);
	query_options_release(&options->query);
	return rc;
}

const struct command command_tree = {
	.name = "tree",
	.usage = "[OPTIONS] [SNAP[@MOMENT]...]",
	.summary = "show the call tree with what was allocated below each call",
	.options = rows,
	.options_size = sizeof(struct tree_options),
	.run = run,
};
