/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace merge A B… -o C: several snapshots as one, for programs of several processes and for
 * several runs. What that means is model/snapshot_merge.h's.
 */
#include <stdlib.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/units.h"
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/snapfile.h"
#include "model/snapshot_merge.h"
#include "report/info.h"

struct merge_options {
	const char *output;
	bool force, quiet, json;
};

static const struct option_row rows[] = {
	{.name = "output",
		.letter = 'o',
		.type = OPTION_TEXT,
		.offset = offsetof(struct merge_options, output),
		.argument = "FILE",
		.summary = "the snapshot to write"},
	{.name = "force",
		.letter = 'f',
		.type = OPTION_FLAG,
		.offset = offsetof(struct merge_options, force),
		.summary = "replace an existing FILE"},
	{.name = "quiet",
		.letter = 'q',
		.type = OPTION_FLAG,
		.offset = offsetof(struct merge_options, quiet),
		.summary = "say nothing but errors"},
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct merge_options, json),
		.summary = "tell what was written, as info --json does"},
	{.name = NULL},
};

static int write_merged(
	const struct merge_options *options, struct snapshot *merged, size_t n, struct error *err)
{
	const struct moment *live = snapshot_default_moment(merged);
	enum file_replace replace = options->force ? FILE_REPLACE : FILE_REFUSE_EXISTING;
	struct buffer bytes = {0};
	char size[UNITS_MAX], snapshots[UNITS_MAX], blocks[UNITS_MAX];
	int rc;

	snapshot_encode(merged, &bytes);
	rc = file_write(options->output, bytes.data, bytes.size, replace, err);
	buffer_free(&bytes);
	if (rc == 0 && options->json)
		rc = info_tell(merged, options->output, err);
	else if (rc == 0)
		log_say("wrote %s: %s, %s in %s", options->output, units_count(snapshots, n, "snapshot"),
			units_size(size, (int64_t)live->live.size, false),
			units_count(blocks, live->live.count, "block"));
	return rc;
}

static int merge(const struct merge_options *options, const struct snapfile *snaps, size_t n,
	struct error *err)
{
	struct merge_source *sources = xcalloc(n, sizeof(*sources));
	struct merge_notes notes = {.only_wrong = false};
	struct snapshot *merged;
	int rc = -1;

	for (size_t i = 0; i < n; i++)
		sources[i] = (struct merge_source){snaps[i].snapshot, snaps[i].file};
	merged = snapshot_merge(sources, n, &notes, err);
	for (size_t i = 0; i < notes.all.count; i++)
		log_say("%s", notes.all.items[i]);
	if (merged)
		rc = write_merged(options, merged, n, err);
	else
		error_prefix(err, "merge");
	snapshot_free(merged);
	merge_notes_release(&notes);
	free(sources);
	return rc;
}

static int open_all(struct snapfile *snaps, char **names, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (snapfile_open(&snaps[i], names[i], err) < 0)
			return -1;
		if (!snaps[i].named_moment)
			continue;
		error_set(err, "merge: '%s' is a moment of a snapshot, and all are merged", names[i]);
		return error_hint(err, "memtrace merge %s -o FILE", snaps[i].file);
	}
	return 0;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	const struct merge_options *options = data;
	struct snapfile *snaps;
	int rc;

	log_quiet = options->quiet;
	if (argc < 1 || !options->output) {
		error_set(err, argc < 1 ? "merge: no snapshots given" : "merge: -o is missing");
		return error_hint(err, "memtrace merge a.snap b.snap -o all.snap");
	}
	if (file_check_writable(options->output,
		    options->force ? FILE_REPLACE : FILE_REFUSE_EXISTING, err) < 0)
		return -1;
	snaps = xcalloc((size_t)argc, sizeof(*snaps));
	rc = open_all(snaps, argv, (size_t)argc, err);
	if (rc == 0)
		rc = merge(options, snaps, (size_t)argc, err);
	for (int i = 0; i < argc; i++)
		snapfile_close(&snaps[i]);
	free(snaps);
	return rc;
}

const struct command command_merge = {
	.name = "merge",
	.usage = "[OPTIONS] SNAP... -o FILE",
	.summary = "put several snapshots together: of a run's processes, or of several runs",
	.options = rows,
	.options_size = sizeof(struct merge_options),
	.run = run,
};
