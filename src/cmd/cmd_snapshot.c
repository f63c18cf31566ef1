/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace snapshot PID: what a traced process holds now. Whoever watches it sends the bytes of a file; they are written here,
 * with the rights and in the folder of the one who asked.
 */
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "cmd/asking.h"
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/nowfile.h"
#include "model/snapshot.h"
#include "record/control.h"
#include "report/info.h"

struct snapshot_options {
	const char *output, *label;
	bool force, quiet, json;
};

static const struct option_row rows[] = {
	{.name = "output",
		.letter = 'o',
		.type = OPTION_TEXT,
		.offset = offsetof(struct snapshot_options, output),
		.argument = "FILE",
		.summary = "write to FILE, patterns as of run (default: " NOWFILE_PATTERN ")"},
	{.name = "force",
		.letter = 'f',
		.type = OPTION_FLAG,
		.offset = offsetof(struct snapshot_options, force),
		.summary = "replace an existing FILE"},
	{.name = "label",
		.type = OPTION_TEXT,
		.offset = offsetof(struct snapshot_options, label),
		.argument = "LABEL",
		.summary = "keep the moment under this name too, also in the run's own snapshot"},
	{.name = "quiet",
		.letter = 'q',
		.type = OPTION_FLAG,
		.offset = offsetof(struct snapshot_options, quiet),
		.summary = "say nothing but errors"},
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct snapshot_options, json),
		.summary = "tell what was taken, as info --json does"},
	{.name = NULL},
};

static int keep(const struct snapshot_options *options, const struct buffer *body, struct error *err)
{
	struct snapshot *snapshot = snapshot_decode(body->data, body->size, err);
	char *name = NULL;
	int rc;

	if (!snapshot) {
		err->status = EXIT_MEMTRACE_FAILED;
		return error_prefix(err, "the collector's answer");
	}
	rc = nowfile_write(options->output, options->force, snapshot, body, &name, err);
	if (rc == 0 && options->json)
		rc = info_tell(snapshot, name, err);
	else if (rc == 0)
		log_say("wrote %s; see it with: memtrace top %s", name, name);
	free(name);
	snapshot_free(snapshot);
	return rc;
}

/* What is known before anybody is asked. */
static int check(const struct snapshot_options *options, struct error *err)
{
	if (options->label && moments_check_label(options->label, err) < 0)
		return error_prefix(err, "snapshot: --label");
	if (!options->output || strchr(options->output, '%'))
		return 0;
	return file_check_writable(options->output, options->force ? FILE_REPLACE : FILE_REFUSE_EXISTING, err);
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	const struct snapshot_options *options = data;
	struct control_request request = {.verb = CONTROL_SNAPSHOT};
	struct buffer body = {0};
	int32_t collector = 0;
	int rc;

	if (argc != 1) {
		error_set(err, argc < 1 ? "snapshot: no process is named" : "snapshot: one process, not %d", argc);
		return error_hint(err, "memtrace snapshot PID");
	}
	log_quiet = options->quiet;
	if (asking_pid("snapshot", argv[0], &request.pid, err) < 0)
		return -1;
	if (check(options, err) < 0)
		return -1;
	if (options->label)
		strcpy(request.label, options->label); /* its length has been checked */
	rc = control_ask(&request, &body, &collector, err);
	if (rc == 0)
		rc = keep(options, &body, err);
	buffer_free(&body);
	return rc;
}

const struct command command_snapshot = {
	.name = "snapshot",
	.usage = "[OPTIONS] PID",
	.summary = "write a snapshot of a running, traced process",
	.options = rows,
	.options_size = sizeof(struct snapshot_options),
	.run = run,
};
