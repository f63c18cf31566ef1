/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace info [SNAP]: everything about the run, and what the snapshot does not know of it.
 */
#include <stdlib.h>
#include <string.h>
#include "cmd/command.h"
#include "cmd/snapfile.h"
#include "cmd/strict.h"
#include "report/info.h"

struct info_options {
	const char *format;
	bool json, strict;
};

static const struct option_row rows[] = {
	{.name = "strict",
		.type = OPTION_FLAG,
		.offset = offsetof(struct info_options, strict),
		.summary = "exit 3 when the data is incomplete"},
	{.name = "format",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct info_options, format),
		.argument = "FORMAT",
		.choices = "text|json",
		.summary = "text (default) or json"},
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct info_options, json),
		.summary = "the same as --format json"},
	{.name = NULL},
};

static int refuse_moment(const struct snapfile *snap, struct error *err)
{
	error_set(err, "info: all moments of %s are told, none alone", snap->file);
	return error_hint(err, "memtrace info %s, or memtrace top %s@%s", snap->file, snap->file,
		strings_get(snap->snapshot->strings, snap->snapshot->moments.items[snap->moment].name));
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	const struct info_options *options = data;
	bool json = options->json || (options->format && strcmp(options->format, "json") == 0);
	struct snapfile snap = {0};
	const struct snapfile *snaps[] = {&snap};
	char *newest = NULL;
	struct out out;
	int rc = 0;

	if (argc > 1)
		return error_set(err, "info: one snapshot, not %d", argc);
	if (options->json && options->format && strcmp(options->format, "json") != 0)
		return error_set(
			err, "--json and --format %s contradict each other", options->format);
	if (argc == 0) {
		newest = snapfile_newest(0, NULL, err);
		rc = newest ? 0 : -1;
	}
	if (rc == 0)
		rc = snapfile_open(&snap, newest ? newest : argv[0], err);
	if (rc == 0 && snap.named_moment)
		rc = refuse_moment(&snap, err);
	if (rc == 0) {
		out_init(&out, stdout);
		(json ? info_json : info_text)(snap.snapshot, snap.file, &out);
		rc = out_finish(&out, err);
	}
	if (rc == 0)
		rc = strict_status(options->strict, snaps, 1);
	snapfile_close(&snap);
	free(newest);
	return rc;
}

const struct command command_info = {
	.name = "info",
	.usage = "[OPTIONS] [SNAP]",
	.summary = "tell all about a run: sums, moments, modules, what was lost",
	.options = rows,
	.options_size = sizeof(struct info_options),
	.run = run,
};
