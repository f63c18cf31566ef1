/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Only what is said is held to anything: a key that is missing or null says nothing. Each error names the
 * place of the number that the rest of the document speaks against.
 */
#include "report/import_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

static bool says(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && !json_is_null(value);
}

static int check_total(const struct json_object *trace, const char *key, uint64_t live)
{
	struct json_at at = {trace->at, key, 0};
	uint64_t total = live;

	if (json_read_uint(trace, key, &total) < 0)
		return -1;
	if (total < live)
		return json_error_at(&at, trace->err, "%" PRIu64 " is less than the %" PRIu64 " that are live",
			total, live);
	return 0;
}

int import_check_trace(const struct json_object *trace, const struct counts *live)
{
	if (check_total(trace, "total_size", live->size) < 0)
		return -1;
	return check_total(trace, "total_count", live->count);
}

/* The number at KEY of "run" is WANT, which WHAT adds up to. */
static int check_sum(const struct json_object *run, const char *key, uint64_t want, const char *what)
{
	struct json_at at = {run->at, key, 0};
	uint64_t said = want;

	if (json_read_uint(run, key, &said) < 0)
		return -1;
	if (said != want)
		return json_error_at(&at, run->err, "%" PRIu64 " is not the %" PRIu64 " of %s", said, want, what);
	return 0;
}

static const struct moment *find_peak(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->moments.count; i++)
		if (strcmp(strings_get(snapshot->strings, snapshot->moments.items[i].name), "peak") == 0)
			return &snapshot->moments.items[i];
	return NULL;
}

static int check_end(const struct json_object *run, const struct snapshot *snapshot)
{
	struct json_at at = {run->at, "exit_code", 0};
	bool by_signal = snapshot->run.exit_signal != 0;

	if (snapshot->run.exit_code >= 0 && by_signal)
		return json_error_at(&at, run->err, "a program ends by exit or by signal, not by both");
	if (!snapshot->run.ended && (snapshot->run.exit_code >= 0 || by_signal)) {
		at.key = "ended";
		return json_error_at(&at, run->err, "is false, and how it ended is told");
	}
	return 0;
}

static int check_run(const struct json_object *document, const struct snapshot *snapshot)
{
	struct json_at at = {document->at, "run", 0};
	struct json_object run = {json_object_get(document->value, "run"), &at, document->err};
	const struct moment *peak = find_peak(snapshot);
	struct counts total = {0, 0};

	if (!says(document->value, "run"))
		return 0;
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		total.size += snapshot->traces.items[i].total_size;
		total.count += snapshot->traces.items[i].total_count;
	}
	if (check_end(&run, snapshot) < 0 ||
		check_sum(&run, "total_size", total.size, "all traces") < 0 ||
		check_sum(&run, "total_count", total.count, "all traces") < 0)
		return -1;
	if (!peak)
		return 0;
	if (check_sum(&run, "peak_size", peak->live.size, "all traces at the peak") < 0)
		return -1;
	return check_sum(&run, "peak_count", peak->live.count, "all traces at the peak");
}

static int check_modules(const struct json_object *document, const struct snapshot *snapshot)
{
	struct json_at at = {document->at, "modules", 0};

	for (size_t i = 0; i < snapshot->modules.count; i++) {
		struct json_at item = {&at, NULL, i}, end = {&item, "end", 0};

		if (snapshot->modules.items[i].end < snapshot->modules.items[i].start)
			return json_error_at(&end, document->err, "is below its start");
	}
	return 0;
}

/* The blocks of each trace add up to its size at the default moment. */
static int check_blocks(const struct json_object *document, const struct snapshot *snapshot)
{
	const struct moment *moment = snapshot_default_moment(snapshot);
	struct json_at at = {document->at, "blocks", 0};
	uint64_t *sizes = xcalloc(snapshot->traces.count + 1, sizeof(*sizes));
	int rc = 0;

	for (size_t i = 0; i < snapshot->blocks.count; i++)
		sizes[snapshot->blocks.items[i].trace] += snapshot->blocks.items[i].size;
	for (size_t i = 0; i < snapshot->traces.count && rc == 0; i++) {
		uint64_t size = snapshot_counts(snapshot, (size_t)(moment - snapshot->moments.items), i)->size;

		if (sizes[i] != size)
			rc = json_error_at(&at, document->err,
				"those of one stack add up to %" PRIu64 ", and its size is %" PRIu64, sizes[i], size);
	}
	free(sizes);
	return rc;
}

int import_check(const struct json_object *document, const struct snapshot *snapshot)
{
	if (check_run(document, snapshot) < 0 || check_modules(document, snapshot) < 0)
		return -1;
	/* Blocks that were sampled stand for others. */
	return snapshot->keeps_blocks && !snapshot->sampling.count ? check_blocks(document, snapshot) : 0;
}
