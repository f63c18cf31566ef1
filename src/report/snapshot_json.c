/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One object, in the words of the contract: null where a thing is unknown, which the model writes
 * as 0 or "".
 */
#include "report/snapshot_json.h"

static void command(struct emitter *emitter, const struct snapshot *snapshot)
{
	const struct run *run = &snapshot->run;

	if (run->command.count)
		emit_ids(emitter, "command", snapshot->strings, run->command.items,
			run->command.count);
	else
		emit_null(emitter, "command");
}

static void error(struct emitter *emitter, const char *size, const char *count, struct variance variance)
{
	emit_int(emitter, size, variance_error(variance.size));
	emit_int(emitter, count, variance_error(variance.count));
}

/* Numbers that are estimates, and how far they may be off. */
static void sampled(struct emitter *emitter, const struct snapshot *snapshot)
{
	const struct moment *moment = snapshot_default_moment(snapshot);
	struct error ignored = ERROR_INIT;
	int peak = snapshot_moment(snapshot, "peak", &ignored);

	emit_begin(emitter, "sampled", '{');
	emit_uint(emitter, "interval", snapshot_interval(snapshot));
	emit_double(emitter, "confidence", 0.95);
	error(emitter, "current_error", "current_count_error", snapshot_moment_variance(snapshot, (size_t)(moment - snapshot->moments.items)));
	if (peak >= 0)
		error(emitter, "peak_error", "peak_count_error", snapshot_moment_variance(snapshot, (size_t)peak));
	error(emitter, "total_size_error", "total_count_error", snapshot_variance(snapshot, INDEX_NONE, INDEX_NONE));
	emit_end(emitter);
}

void snapshot_json(
	struct emitter *emitter, const char *key, const struct snapshot *snapshot, const char *file)
{
	const struct moment *moment = snapshot_default_moment(snapshot);
	const struct run *run = &snapshot->run;

	emit_begin(emitter, key, '{');
	emit_string(emitter, "file", file);
	emit_known(emitter, "pid", (uint64_t)run->pid);
	command(emitter, snapshot);
	emit_time(emitter, "taken_at", run->taken_ns);
	emit_known(emitter, "frames_limit", run->frames_limit);
	emit_uint(emitter, "current", moment ? moment->live.size : 0);
	if (snapshot_knows_peak(snapshot))
		emit_uint(emitter, "peak", run->peak_size);
	else
		emit_null(emitter, "peak");
	emit_known(emitter, "rss", moment ? moment->rss : 0);
	emit_uint(emitter, "total_count", run->total_count);
	emit_uint(emitter, "total_size", run->total_size);
	emit_uint(emitter, "current_count", moment ? moment->live.count : 0);
	emit_known(emitter, "tracer_memory", run->tracer_memory);
	emit_bool(emitter, "complete", run->complete);
	emit_uint(emitter, "events_lost", run->events_lost);
	emit_uint(emitter, "unknown_frees", run->unknown_frees);
	if (snapshot->sampling.count)
		sampled(emitter, snapshot);
	emit_end(emitter);
}
