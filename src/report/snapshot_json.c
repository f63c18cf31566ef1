/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One object, in the words of the contract: null where a thing is unknown, which the model writes as
 * 0 or "".
 */
#include "report/snapshot_json.h"

const struct moment *snapshot_default_moment(const struct snapshot *snapshot)
{
	struct error err = ERROR_INIT;
	int index = snapshot_moment(snapshot, NULL, &err);

	return index < 0 ? NULL : &snapshot->moments.items[index];
}

bool snapshot_knows_peak(const struct snapshot *snapshot)
{
	const struct moment *moment = snapshot_default_moment(snapshot);

	return snapshot->run.peak_size > 0 || !moment || moment->live.size == 0;
}

static void command(struct json *json, const struct snapshot *snapshot)
{
	const struct run *run = &snapshot->run;

	if (run->command.count)
		json_ids(json, "command", snapshot->strings, run->command.items, run->command.count);
	else
		json_null(json, "command");
}

void snapshot_json(
	struct json *json, const char *key, const struct snapshot *snapshot, const char *file)
{
	const struct moment *moment = snapshot_default_moment(snapshot);
	const struct run *run = &snapshot->run;

	json_begin(json, key, '{');
	json_string(json, "file", file);
	json_known(json, "pid", (uint64_t)run->pid);
	command(json, snapshot);
	json_time(json, "taken_at", run->taken_ns);
	json_known(json, "frames_limit", run->frames_limit);
	json_uint(json, "current", moment ? moment->live.size : 0);
	if (snapshot_knows_peak(snapshot))
		json_uint(json, "peak", run->peak_size);
	else
		json_null(json, "peak");
	json_known(json, "rss", moment ? moment->rss : 0);
	json_uint(json, "total_count", run->total_count);
	json_uint(json, "total_size", run->total_size);
	json_uint(json, "current_count", moment ? moment->live.count : 0);
	json_known(json, "tracer_memory", run->tracer_memory);
	json_bool(json, "complete", run->complete);
	json_uint(json, "events_lost", run->events_lost);
	json_uint(json, "unknown_frees", run->unknown_frees);
	json_end(json);
}
