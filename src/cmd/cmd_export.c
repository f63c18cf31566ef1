/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace export SNAP --to FORM: a snapshot for other tools, on standard output or into a file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "cmd/command.h"
#include "cmd/map_path.h"
#include "cmd/snapfiles.h"
#include "report/exporter.h"
#include "report/short_name.h"

struct export_options {
	const char *to, *metric, *moment, *output, *demangle;
	struct option_list map_paths;
	bool force, json, children;
};

static const struct option_row rows[] = {
	{.name = "to",
		.letter = 't',
		.type = OPTION_CHOICE,
		.offset = offsetof(struct export_options, to),
		.argument = "FORM",
		.choices = EXPORTER_NAMES,
		.summary = "folded (flame graphs), csv (every trace), json (everything), or a "
			   "tool's own form"},
	{.name = "metric",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct export_options, metric),
		.argument = "WHAT",
		.choices = METRIC_NAMES,
		.summary = "weigh by size (default), count, total_size or total_count"},
	{.name = "moment",
		.type = OPTION_TEXT,
		.offset = offsetof(struct export_options, moment),
		.argument = "MOMENT",
		.summary = "the blocks live then: exit, peak or a label (also SNAP@MOMENT)"},
	CHILDREN_ROW(struct export_options, children),
	MAP_PATH_ROW(struct export_options, map_paths),
	{.name = "demangle",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct export_options, demangle),
		.argument = "HOW",
		.choices = "full|short",
		.summary = "functions with parameters (default) or without"},
	{.name = "output",
		.letter = 'o',
		.type = OPTION_TEXT,
		.offset = offsetof(struct export_options, output),
		.argument = "FILE",
		.summary = "write FILE instead of standard output"},
	{.name = "force",
		.letter = 'f',
		.type = OPTION_FLAG,
		.offset = offsetof(struct export_options, force),
		.summary = "replace an existing FILE"},
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct export_options, json),
		.summary = "the same as --to json"},
	{.name = NULL},
};

static int check(const struct export_options *options, struct error *err)
{
	const struct exporter *exporter = options->to ? exporter_find(options->to) : NULL;

	if (!exporter) {
		error_set(err, "export: --to is missing: one of %s", EXPORTER_NAMES);
		return error_hint(err, "memtrace export SNAP --to folded");
	}
	if (options->metric && !exporter->takes_metric)
		return error_set(err, "export: --to %s takes no --metric", options->to);
	if (options->demangle && !exporter->takes_short)
		return error_set(
			err, "export: --to %s takes no --demangle: it is whole", options->to);
	if (options->moment && !exporter->takes_moment)
		return error_set(
			err, "export: --to %s takes no --moment: all are in it", options->to);
	return 0;
}

static int choose_moment(
	const struct export_options *options, struct snapfile *snap, struct error *err)
{
	if (snap->named_moment && !exporter_find(options->to)->takes_moment)
		return error_set(
			err, "export: --to %s takes no moment: all are in it", options->to);
	return snapfile_choose(snap, options->moment, err);
}

static enum squeeze squeeze_of(const struct export_options *options)
{
	const struct exporter *exporter = exporter_find(options->to);

	if (exporter->squeezes_by_name && options->output)
		return squeeze_by_name(options->output);
	return exporter->squeeze;
}

static int write_plain(FILE *stream, const struct export_options *options,
	const struct snapfile *snap, struct error *err)
{
	struct export_query query = {
		.moment = snap->moment,
		.moment_named = options->moment || snap->named_moment,
		.squeezed = squeeze_of(options) != SQUEEZE_NONE,
	};
	struct out out;

	if (options->metric)
		query.metric = (enum metric)metric_find(options->metric);
	if (options->demangle && strcmp(options->demangle, "short") == 0)
		short_names(snap->snapshot);
	if (strcmp(options->to, "json") != 0)
		snapfile_say_sampled(snap);
	out_init(&out, stream);
	if (exporter_find(options->to)->write(snap->snapshot, &query, &out, err) < 0)
		return -1;
	return out_finish(&out, err);
}

struct whole {
	const struct export_options *options;
	const struct snapfile *snap;
};

static int write_to(FILE *stream, void *data, struct error *err)
{
	const struct whole *whole = data;
	enum squeeze squeeze = squeeze_of(whole->options);
	struct out end;
	FILE *squeezed;
	int rc;

	if (squeeze == SQUEEZE_NONE)
		return write_plain(stream, whole->options, whole->snap, err);
	out_init(&end, stream);
	if (end.terminal) {
		error_set(err, "export: --to %s is binary, and not for a terminal", whole->options->to);
		return error_hint(err, "memtrace export --to %s -o FILE", whole->options->to);
	}
	squeezed = squeeze_open(stream, squeeze);
	rc = write_plain(squeezed, whole->options, whole->snap, err);
	if (fclose(squeezed) != 0 && rc == 0) {
		end.failed = true;
		end.failure = errno;
	}
	return rc == 0 ? out_finish(&end, err) : rc;
}

static int write_out(const struct export_options *options, const struct snapfile *snap, struct error *err)
{
	struct whole whole = {options, snap};

	if (!options->output || strcmp(options->output, "-") == 0)
		return write_to(stdout, &whole, err);
	return file_write_by(options->output, options->force ? FILE_REPLACE : FILE_REFUSE_EXISTING, write_to, &whole, err);
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct export_options *options = data;
	struct snapfile snap = {0};
	const struct snapfiles files = {.names = argv, .n = (size_t)argc, .children = options->children};
	int rc = 0;

	if (options->json && options->to && strcmp(options->to, "json") != 0)
		rc = error_set(err, "--json and --to %s contradict each other", options->to);
	else if (options->json)
		options->to = "json";
	if (rc == 0)
		rc = check(options, err);
	if (rc == 0)
		rc = map_path_check(&options->map_paths, err);
	if (rc == 0)
		rc = snapfiles_open(&snap, &files, err);
	if (rc == 0)
		rc = choose_moment(options, &snap, err);
	if (rc == 0)
		map_path_apply(&options->map_paths, &snap.snapshot, 1);
	if (rc == 0)
		rc = write_out(options, &snap, err);
	snapfile_close(&snap);
	ARRAY_FREE(&options->map_paths);
	return rc;
}

const struct command command_export = {
	.name = "export",
	.usage = "[OPTIONS] --to FORM [SNAP[@MOMENT]...]",
	.summary = "write a snapshot for other tools",
	.options = rows,
	.options_size = sizeof(struct export_options),
	.run = run,
};
