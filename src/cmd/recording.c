/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See recording.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/units.h"
#include "cmd/log.h"
#include "cmd/pattern.h"
#include "cmd/progress.h"
#include "cmd/recording.h"
#include "cmd/serve.h"
#include "cmd/summary.h"

enum { FRAMES_DEFAULT = 128, CHECKPOINT_DEFAULT_S = 30, SAMPLE_LEAST = 16, SAMPLE_MOST = 1 << 30 };

static int read_sample(const char *text, uint64_t *sample, struct error *err)
{
	if (units_parse(text, sample, err) < 0)
		return error_prefix(err, "--sample");
	if (*sample >= SAMPLE_LEAST && *sample <= SAMPLE_MOST)
		return 0;
	error_set(err, "--sample: '%s' is not between %d bytes and 1G", text, SAMPLE_LEAST);
	return error_hint(err, "one block in so many bytes is recorded: 512K is usual, less is more exact; without --sample all are");
}

int recording_read(struct recording *recording, struct collector_options *with, struct error *err)
{
	with->pattern = recording->output ? recording->output : PATTERN_DEFAULT;
	with->force = recording->force;
	with->blocks = recording->blocks;
	with->frames_limit = recording->frames ? (uint64_t)recording->frames : FRAMES_DEFAULT;
	with->checkpoint_s = recording->checkpoint ? (uint64_t)recording->checkpoint : CHECKPOINT_DEFAULT_S;
	if (recording->sample && read_sample(recording->sample, &with->sample, err) < 0)
		return -1;
	if (symbol_options_read(&recording->symbols, &with->symbols, err) < 0)
		return -1;
	if (recording->snapshot_at && snapshot_at_parse(&with->at, recording->snapshot_at, err) < 0)
		return -1;
	serve_signals(&with->at);
	return 0;
}

static enum wire_transport recording_transport(const struct recording *recording)
{
	return recording->transport && strcmp(recording->transport, "pipe") == 0 ? WIRE_TRANSPORT_PIPE : WIRE_TRANSPORT_RING;
}

struct pool_options recording_pool(const struct recording *recording, const struct collector_options *with)
{
	const char *seed = getenv("MEMTRACE_SAMPLE_SEED");

	return (struct pool_options){
		.frames_limit = (uint32_t)with->frames_limit,
		.transport = recording_transport(recording),
		.sample = with->sample,
		.sample_seed = seed ? strtoull(seed, NULL, 10) : 0,
	};
}

int recording_choose_file(
	const struct recording *recording, const char *program, pid_t pid, char **file, struct error *err)
{
	char host[256] = "";
	struct pattern_values values = { .program = program, .pid = pid, .time_s = (uint64_t)time(NULL), .host = host };

	gethostname(host, sizeof host - 1);
	*file = pattern_expand(recording->output ? recording->output : PATTERN_DEFAULT, &values);
	if (file_check_writable(*file, recording->force ? FILE_REPLACE : FILE_REFUSE_EXISTING, err) == 0)
		return 0;
	err->status = EXIT_MEMTRACE_FAILED;
	return -1;
}

int recording_report(const struct recording *recording, struct collector *collector, struct reader_process *process, bool ended,
	struct error *err)
{
	struct snapshot *snapshot;
	char *file = NULL;
	int result;

	progress_begin();
	snapshot = collector_snapshot(collector, process, ended);
	progress_tell("writing the snapshot");
	result = collector_write(collector, process, snapshot, &file, err);
	progress_end();
	if (result == 0 && !recording->json)
		summary_print(snapshot, file, recording->top, err);
	/* One that nobody can read changes nothing about the program's status. */
	else if (result == 0 && summary_json(snapshot, file, err) < 0)
		log_error(err);
	snapshot_free(snapshot);
	free(file);
	return result;
}
