/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of speedscope's own form (speedscope.app, "Custom sources"): one table of frames and
 * several profiles of the type "sampled", which the window offers one after the other: live bytes
 * and blocks at the moment asked for, at the peak too where no moment was named, and all that was
 * ever allocated. A sample is a stack, outermost frame first, and its weight.
 *
 * A frame is a function, as speedscope merges by frames and would take each line for another one.
 * A stack's text is made once and copied into each profile.
 */
#include <stdlib.h>
#include <string.h>
#include "base/version.h"
#include "report/digits.h"
#include "report/emit.h"
#include "report/exporter.h"
#include "report/functions.h"

/* What a trace weighs; the moment counts for the first two only. */
struct weighing {
	enum metric metric;
	size_t moment;
};

struct scope {
	const struct snapshot *snapshot;
	struct functions functions;
	struct view view;
	struct emitter emitter;
	struct buffer stacks;	/* the text of all stacks, */
	size_t *begins;		/* by stack: where its begins; set where it is written */
	size_t *ends;		/* 0: nobody asked for it yet */
	uint64_t *weights;	/* by stack, of one profile */
	ARRAY(uint32_t) levels; /* of a stack, most recent first */
};

static void frames(struct scope *scope)
{
	struct emitter *emitter = &scope->emitter;
	const struct strings *strings = scope->functions.strings;

	emit_begin(emitter, "shared", '{');
	emit_begin(emitter, "frames", '[');
	for (size_t i = 0; i < scope->functions.items.count; i++) {
		const struct function *function = &scope->functions.items.items[i];
		string_id file = function->file ? function->file : function->module;

		emit_begin(emitter, NULL, '{');
		emit_string(emitter, "name", strings_get(strings, function->name));
		if (file)
			emit_string(emitter, "file", strings_get(strings, file));
		emit_end(emitter);
	}
	emit_end(emitter);
	emit_end(emitter);
}

static void write_stack(struct scope *scope, uint32_t stack)
{
	struct view_walk walk = view_walk(&scope->view, stack);
	struct view_frame frame;

	if (scope->ends[stack])
		return;
	scope->begins[stack] = scope->stacks.size;
	scope->levels.count = 0;
	while (view_next(&walk, &frame))
		*ARRAY_PUSH(&scope->levels) = functions_find(&scope->functions, &frame);
	buffer_u8(&scope->stacks, '[');
	for (size_t i = scope->levels.count; i-- > 0;) {
		digits_decimal(&scope->stacks, scope->levels.items[i]);
		if (i)
			buffer_u8(&scope->stacks, ',');
	}
	buffer_u8(&scope->stacks, ']');
	scope->ends[stack] = scope->stacks.size;
}

static uint64_t weigh(const struct scope *scope, size_t index, const struct weighing *weighing)
{
	const struct trace *trace = &scope->snapshot->traces.items[index];
	const struct counts *live = snapshot_counts(scope->snapshot, weighing->moment, index);

	switch (weighing->metric) {
	case METRIC_SIZE:
		return live->size;
	case METRIC_COUNT:
		return live->count;
	case METRIC_TOTAL_SIZE:
		return trace->total_size;
	default:
		return trace->total_count;
	}
}

/* The sum; it fits, by snapshot_check. */
static uint64_t weigh_all(struct scope *scope, const struct weighing *weighing)
{
	const struct snapshot *snapshot = scope->snapshot;
	uint64_t sum = 0;

	memset(scope->weights, 0, snapshot->stacks.count * sizeof(*scope->weights));
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		uint64_t weight = weigh(scope, i, weighing);

		if (weight == 0)
			continue;
		write_stack(scope, snapshot->traces.items[i].stack);
		scope->weights[snapshot->traces.items[i].stack] += weight;
		sum += weight;
	}
	return sum;
}

static char *profile_name(struct scope *scope, const struct weighing *weighing)
{
	static const char *const names[] = {
		[METRIC_SIZE] = "live bytes at ",
		[METRIC_COUNT] = "live blocks at ",
		[METRIC_TOTAL_SIZE] = "bytes ever allocated",
		[METRIC_TOTAL_COUNT] = "allocations ever made",
	};
	const struct moment *moment = &scope->snapshot->moments.items[weighing->moment];
	bool live = weighing->metric == METRIC_SIZE || weighing->metric == METRIC_COUNT;

	return xasprintf("%s%s", names[weighing->metric],
		live ? strings_get(scope->functions.strings,
			       functions_string(&scope->functions, moment->name))
		     : "");
}

static void lists(struct scope *scope)
{
	struct buffer samples = {0}, weights = {0};

	for (size_t i = 0; i < scope->snapshot->stacks.count; i++) {
		char lead = samples.size ? ',' : '[';

		if (scope->weights[i] == 0)
			continue;
		buffer_u8(&samples, (uint8_t)lead);
		buffer_bytes(&samples, scope->stacks.data + scope->begins[i],
			scope->ends[i] - scope->begins[i]);
		buffer_u8(&weights, (uint8_t)lead);
		digits_decimal(&weights, scope->weights[i]);
	}
	buffer_bytes(&samples, samples.size ? "]" : "[]", samples.size ? 1 : 2);
	buffer_bytes(&weights, weights.size ? "]" : "[]", weights.size ? 1 : 2);
	emit_raw(&scope->emitter, "samples", (const char *)samples.data, samples.size);
	emit_raw(&scope->emitter, "weights", (const char *)weights.data, weights.size);
	buffer_free(&samples);
	buffer_free(&weights);
}

static void profile(struct scope *scope, const struct weighing *weighing)
{
	struct emitter *emitter = &scope->emitter;
	bool bytes = weighing->metric == METRIC_SIZE || weighing->metric == METRIC_TOTAL_SIZE;
	char *name = profile_name(scope, weighing);
	uint64_t sum = weigh_all(scope, weighing);

	emit_begin(emitter, NULL, '{');
	emit_string(emitter, "type", "sampled");
	emit_string(emitter, "name", name);
	emit_string(emitter, "unit", bytes ? "bytes" : "none");
	emit_uint(emitter, "startValue", 0);
	emit_uint(emitter, "endValue", sum);
	lists(scope);
	emit_end(emitter);
	free(name);
}

static void profiles(struct scope *scope, const struct export_query *query)
{
	struct error none = ERROR_INIT;
	int peak = query->moment_named ? -1 : snapshot_moment(scope->snapshot, "peak", &none);

	emit_begin(&scope->emitter, "profiles", '[');
	profile(scope, &(struct weighing){METRIC_SIZE, query->moment});
	profile(scope, &(struct weighing){METRIC_COUNT, query->moment});
	if (peak >= 0 && (size_t)peak != query->moment) {
		profile(scope, &(struct weighing){METRIC_SIZE, (size_t)peak});
		profile(scope, &(struct weighing){METRIC_COUNT, (size_t)peak});
	}
	profile(scope, &(struct weighing){METRIC_TOTAL_SIZE, query->moment});
	profile(scope, &(struct weighing){METRIC_TOTAL_COUNT, query->moment});
	emit_end(&scope->emitter);
}

static int write_speedscope(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct scope scope = {.snapshot = snapshot, .emitter = {.out = out}};
	string_id program;

	if (exporter_check_frames(snapshot, err) < 0)
		return -1;
	functions_init(&scope.functions, snapshot);
	program = functions_string(&scope.functions, snapshot->run.executable);
	view_init(&scope.view, snapshot, query->moment, false);
	scope.begins = xcalloc(snapshot->stacks.count, sizeof(*scope.begins));
	scope.ends = xcalloc(snapshot->stacks.count, sizeof(*scope.ends));
	scope.weights = xcalloc(snapshot->stacks.count, sizeof(*scope.weights));
	emit_begin(&scope.emitter, NULL, '{');
	emit_string(
		&scope.emitter, "$schema", "https://www.speedscope.app/file-format-schema.json");
	emit_string(&scope.emitter, "exporter", "memtrace " MEMTRACE_VERSION);
	if (program)
		emit_string(&scope.emitter, "name",
			strings_get(scope.functions.strings, program));
	emit_uint(&scope.emitter, "activeProfileIndex", 0);
	frames(&scope);
	profiles(&scope, query);
	emit_end(&scope.emitter);
	functions_release(&scope.functions);
	view_release(&scope.view);
	buffer_free(&scope.stacks);
	free(scope.begins);
	free(scope.ends);
	free(scope.weights);
	ARRAY_FREE(&scope.levels);
	return 0;
}

const struct exporter export_speedscope = {
	.name = "speedscope",
	.summary = "flame graphs to walk about in, for speedscope.app",
	.takes_short = true,
	.takes_moment = true,
	.write = write_speedscope,
};
