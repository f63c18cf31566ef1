/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The account of a run: what was watched, how much it took, and what the snapshot does not know.
 * The numbers are the snapshot's own; only the sums by domain are made here.
 */
#include "report/info.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "report/emit.h"
#include "report/lives_json.h"
#include "report/measure.h"
#include "report/memory_text.h"
#include "report/safe.h"
#include "report/snapshot_document.h"
#include "report/snapshot_json.h"

#define LABEL_WIDTH 12

static void id(struct out *out, const struct snapshot *snapshot, string_id string)
{
	safe_write(out, strings_get(snapshot->strings, string),
		strings_size(snapshot->strings, string));
}

static void label(struct out *out, const char *text)
{
	out_format(out, "%-*s", LABEL_WIDTH, text);
}

static void line(
	struct out *out, const struct snapshot *snapshot, const char *text, string_id value)
{
	if (!value)
		return;
	label(out, text);
	id(out, snapshot, value);
	out_text(out, "\n");
}

static void size_and_count(struct out *out, uint64_t size, uint64_t count)
{
	char number[UNITS_MAX], blocks[UNITS_MAX];

	out_format(out, "%s in %s", units_size(number, (int64_t)size, false), units_count(blocks, count, "block"));
}

static void blocks(struct out *out, const char *text, uint64_t size, uint64_t count)
{
	label(out, text);
	size_and_count(out, size, count);
}

static void what(struct out *out, const struct snapshot *snapshot, const char *file)
{
	const struct run *run = &snapshot->run;

	label(out, "snapshot");
	safe_write(out, file, strlen(file));
	out_text(out, "\n");
	if (run->command.count)
		label(out, "command");
	for (size_t i = 0; i < run->command.count; i++) {
		id(out, snapshot, run->command.items[i]);
		out_text(out, i + 1 < run->command.count ? " " : "\n");
	}
	line(out, snapshot, "executable", run->executable);
	line(out, snapshot, "directory", run->directory);
	line(out, snapshot, "host", run->host);
	if (run->pid) {
		label(out, "process");
		out_format(out, "pid %" PRId64 ", parent %" PRId64 ", image %" PRIu32 "\n",
			run->pid, run->parent_pid, run->image);
	}
}

static void when(struct out *out, const struct snapshot *snapshot)
{
	const struct run *run = &snapshot->run;
	char time[TIME_TEXT_MAX];

	if (run->taken_ns) {
		label(out, "taken");
		out_text(out, time_text(time, run->taken_ns));
		if (run->started_ns && run->started_ns <= run->taken_ns && !run->parts.count)
			out_format(out, ", %.3f s after its start",
				(double)(run->taken_ns - run->started_ns) / 1e9);
		out_text(out, "\n");
	}
	label(out, "end");
	if (!run->ended)
		out_text(out, "none yet: taken while it ran\n");
	else if (run->exit_signal)
		out_format(out, "killed by signal %" PRId32 "\n", run->exit_signal);
	else if (run->exit_code >= 0)
		out_format(out, "exit status %" PRId32 "\n", run->exit_code);
	else
		out_text(out, "unknown\n");
	if (!run->version && !run->frames_limit)
		return;
	label(out, "recorded");
	if (run->version) {
		out_text(out, "by memtrace ");
		id(out, snapshot, run->version);
		out_text(out, run->frames_limit ? ", " : "");
	}
	if (run->frames_limit)
		out_format(out, "at most %" PRIu64 " frames a stack", run->frames_limit);
	out_text(out, "\n");
}

/* Of all traces. */
static struct measures all_measures(const struct snapshot *snapshot)
{
	struct measures sum = {0};

	for (size_t i = 0; i < snapshot->traces.count; i++)
		measure_add(&sum, snapshot, i, NULL);
	return sum;
}

static void lives(struct out *out, const struct snapshot *snapshot)
{
	struct measures sum = all_measures(snapshot);
	char number[UNITS_MAX], blocks[UNITS_MAX];

	if (!snapshot->keeps_lives || !sum.total.count)
		return;
	label(out, "temporary");
	out_format(out, "%s of %s, %.1f%% of all: freed before their thread's next allocation\n",
		units_count(blocks, sum.life.temporary.count, "block"),
		units_size(number, (int64_t)sum.life.temporary.size, false),
		100.0 * (double)sum.life.temporary.count / (double)sum.total.count);
	if (sum.life.grown || sum.life.moved.count) {
		label(out, "resized");
		out_format(out, "%s grown by realloc; %" PRIu64 " were moved with %s in them\n",
			units_count(blocks, sum.life.grown, "block"), sum.life.moved.count,
			units_size(number, (int64_t)sum.life.moved.size, false));
	}
	if (sum.timed) {
		label(out, "lifetime");
		out_format(out, "%s on average, of %s that have gone\n", measure_time(number, measure_lifetime(&sum)),
			units_count(blocks, sum.timed, "block"));
	}
}

/* How long blocks have lived, by powers of two; few rows. */
static void lifetimes(struct out *out, const struct snapshot *snapshot)
{
	char time[UNITS_MAX];

	if (snapshot->lifetimes.count)
		out_text(out, "\nlifetimes:\n");
	for (size_t i = 0; i < snapshot->lifetimes.count; i++) {
		const struct lifetime *lifetime = &snapshot->lifetimes.items[i];

		if (lifetime->class)
			out_format(out, "  below %s: ", measure_time(time, 1ull << lifetime->class));
		else
			out_text(out, "  too short to tell: ");
		size_and_count(out, lifetime->counts.size, lifetime->counts.count);
		out_text(out, "\n");
	}
}

static void life_json(struct emitter *emitter, const struct snapshot *snapshot)
{
	struct measures sum = all_measures(snapshot);

	if (!snapshot->keeps_lives) {
		emit_null(emitter, "life");
		return;
	}
	emit_begin(emitter, "life", '{');
	emit_uint(emitter, "temporary_size", sum.life.temporary.size);
	emit_uint(emitter, "temporary_count", sum.life.temporary.count);
	emit_uint(emitter, "moved_size", sum.life.moved.size);
	emit_uint(emitter, "moved_count", sum.life.moved.count);
	emit_uint(emitter, "grown_count", sum.life.grown);
	emit_uint(emitter, "timed_count", sum.timed);
	if (sum.timed)
		emit_uint(emitter, "lifetime_ns", measure_lifetime(&sum));
	else
		emit_null(emitter, "lifetime_ns");
	lifetimes_json(emitter, snapshot);
	emit_end(emitter);
}

static void error(struct out *out, const struct snapshot *snapshot, struct variance variance)
{
	char size[UNITS_MAX], count[UNITS_MAX];

	if (snapshot->sampling.count)
		out_format(out, ", \xc2\xb1%s in %s", units_size(size, variance_error(variance.size), false),
			units_count(count, (uint64_t)variance_error(variance.count), "block"));
}

static void sampled(struct out *out, const struct snapshot *snapshot)
{
	char size[UNITS_MAX];

	if (!snapshot->sampling.count)
		return;
	label(out, "sampled");
	out_format(out, "one block in %s: sizes and counts are estimates, with errors of 95 %%\n",
		units_size(size, (int64_t)snapshot_interval(snapshot), false));
}

static void sums(struct out *out, const struct snapshot *snapshot)
{
	const struct moment *moment = snapshot_default_moment(snapshot);
	const struct run *run = &snapshot->run;
	struct error ignored = ERROR_INIT;
	int peak = snapshot_moment(snapshot, "peak", &ignored);
	char number[UNITS_MAX], high[UNITS_MAX], all[UNITS_MAX];
	uint64_t least, most;

	sampled(out, snapshot);
	blocks(out, "allocated", run->total_size, run->total_count);
	out_text(out, " in all");
	error(out, snapshot, snapshot_variance(snapshot, INDEX_NONE, INDEX_NONE));
	out_text(out, "\n");
	if (snapshot_joint_peak(snapshot, &least, &most)) {
		label(out, "peak");
		out_format(out, "at least %s (one process), at most %s (all that ran at one time); their sum is %s\n",
			units_size(number, (int64_t)least, false), units_size(high, (int64_t)most, false),
			units_size(all, (int64_t)run->peak_size, false));
	} else if (snapshot_knows_peak(snapshot)) {
		blocks(out, "peak", run->peak_size, run->peak_count);
		if (peak >= 0)
			error(out, snapshot, snapshot_moment_variance(snapshot, (size_t)peak));
		out_text(out, "\n");
	}
	blocks(out, "current", moment->live.size, moment->live.count);
	error(out, snapshot, snapshot_moment_variance(snapshot, (size_t)(moment - snapshot->moments.items)));
	out_text(out, "\n");
	if (moment->rss) {
		label(out, "resident");
		out_format(out, "%s\n", units_size(number, (int64_t)moment->rss, false));
	}
	lives(out, snapshot);
	if (snapshot->keeps_blocks) {
		label(out, "kept");
		out_format(out, "%zu addresses of live blocks\n", snapshot->blocks.count);
	}
	if (run->tracer_memory) {
		label(out, "tracer");
		out_format(out, "%s added to the program\n",
			units_size(number, (int64_t)run->tracer_memory, false));
	}
}

static void gaps(struct out *out, const struct snapshot *snapshot)
{
	const struct run *run = &snapshot->run;
	char frees[UNITS_MAX], stacks[UNITS_MAX];

	label(out, "complete");
	out_text(out, run->complete ? "yes\n" : "no\n");
	for (size_t i = 0; i < run->problems.count; i++)
		line(out, snapshot, "", run->problems.items[i]);
	label(out, "events");
	out_format(out, "%" PRIu64 ", %" PRIu64 " lost; %s of unknown addresses, %s cut\n", run->events,
		run->events_lost, units_count(frees, run->unknown_frees, "free"),
		units_count(stacks, run->cut_stacks, "stack"));
}

static void moments(struct out *out, const struct snapshot *snapshot)
{
	char number[UNITS_MAX], time[TIME_TEXT_MAX];

	out_text(out, "\nmoments:\n");
	for (size_t i = 0; i < snapshot->moments.count; i++) {
		const struct moment *moment = &snapshot->moments.items[i];

		out_text(out, "  ");
		id(out, snapshot, moment->name);
		out_text(out, ": ");
		size_and_count(out, moment->live.size, moment->live.count);
		if (moment->rss)
			out_format(out, ", resident %s",
				units_size(number, (int64_t)moment->rss, false));
		if (moment->time_ns)
			out_format(out, ", %s", time_text(time, moment->time_ns));
		out_text(out, "\n");
		memory_text(snapshot, i, out);
	}
}

static void domains(struct out *out, const struct snapshot *snapshot)
{
	size_t moment = (size_t)(snapshot_default_moment(snapshot) - snapshot->moments.items);
	struct counts *sums = xcalloc(snapshot->domains.count + 1, sizeof(*sums));

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		struct counts *sum = &sums[snapshot->traces.items[i].domain];

		sum->size += snapshot_counts(snapshot, moment, i)->size;
		sum->count += snapshot_counts(snapshot, moment, i)->count;
	}
	out_text(out, "\ndomains:\n");
	for (size_t i = 0; i < snapshot->domains.count; i++) {
		out_format(out, "  %" PRIu32 " ", snapshot->domains.items[i].id);
		id(out, snapshot, snapshot->domains.items[i].name);
		out_text(out, ": ");
		size_and_count(out, sums[i].size, sums[i].count);
		out_text(out, "\n");
	}
	free(sums);
}

static void module(struct out *out, const struct snapshot *snapshot, const struct module *module)
{
	static const char *const names[] = {
		[MODULE_NAMES_NONE] = "no names",
		[MODULE_NAMES_SYMTAB] = "functions",
		[MODULE_NAMES_DWARF] = "functions and lines",
	};
	const char *build_id = strings_get(snapshot->strings, module->build_id);
	size_t size = strings_size(snapshot->strings, module->build_id);

	out_text(out, "  ");
	id(out, snapshot, module->path);
	/* Who was asked and has none says why. */
	out_format(out, ": %s",
		module->names || module->why ? names[module->names] : "names not needed");
	if (module->names_from) {
		out_text(out, " from ");
		id(out, snapshot, module->names_from);
	}
	out_text(out, size ? ", build-id " : "");
	for (size_t i = 0; i < size; i++)
		out_format(out, "%02x", (uint8_t)build_id[i]);
	out_text(out, "\n");
	if (module->why) {
		out_text(out, "    ");
		id(out, snapshot, module->why);
		out_text(out, "\n");
	}
}

static void part(struct out *out, const struct snapshot *snapshot, const struct part *part)
{
	char size[UNITS_MAX];

	out_text(out, "  ");
	id(out, snapshot, part->file);
	if (part->pid)
		out_format(out, ", pid %" PRId64 ", image %" PRIu32, part->pid, part->image);
	out_text(out, part->command ? ", " : "");
	id(out, snapshot, part->command);
	out_text(out, ": ");
	size_and_count(out, part->live.size, part->live.count);
	if (part->peak_size)
		out_format(out, ", peak %s", units_size(size, (int64_t)part->peak_size, false));
	out_text(out, part->complete ? "\n" : ", incomplete\n");
}

static void follow(struct out *out, const struct snapshot *snapshot, const struct follow *follow)
{
	/* A program that nothing was loaded into tells nobody its pid. */
	if (follow->pid)
		out_format(out, "  pid %" PRId64 ", image %" PRIu32 " ", follow->pid, follow->image);
	else
		out_text(out, "  ");
	id(out, snapshot, follow->program);
	if (follow->why) {
		out_text(out, ": not traced: ");
		id(out, snapshot, follow->why);
	} else if (follow->file) {
		out_text(out, ": ");
		id(out, snapshot, follow->file);
	}
	out_text(out, "\n");
}

void info_text(const struct snapshot *snapshot, const char *file, struct out *out)
{
	what(out, snapshot, file);
	when(out, snapshot);
	sums(out, snapshot);
	gaps(out, snapshot);
	moments(out, snapshot);
	domains(out, snapshot);
	lifetimes(out, snapshot);
	if (snapshot->threads.count)
		out_text(out, "\nthreads:\n");
	for (size_t i = 0; i < snapshot->threads.count; i++) {
		out_format(out, "  %" PRId64, snapshot->threads.items[i].tid);
		out_text(out, snapshot->threads.items[i].name ? " " : "");
		id(out, snapshot, snapshot->threads.items[i].name);
		out_text(out, "\n");
	}
	if (snapshot->modules.count)
		out_text(out, "\nmodules:\n");
	for (size_t i = 0; i < snapshot->modules.count; i++)
		module(out, snapshot, &snapshot->modules.items[i]);
	if (snapshot->run.parts.count)
		out_text(out, "\nmerged from (what is said of a moment is of each at its own, not of one time):\n");
	for (size_t i = 0; i < snapshot->run.parts.count; i++)
		part(out, snapshot, &snapshot->run.parts.items[i]);
	if (snapshot->run.follows.count)
		out_text(out, "\nwhat followed:\n");
	for (size_t i = 0; i < snapshot->run.follows.count; i++)
		follow(out, snapshot, &snapshot->run.follows.items[i]);
}

static void joint(struct emitter *emitter, const struct snapshot *snapshot)
{
	uint64_t least, most;

	if (!snapshot_joint_peak(snapshot, &least, &most)) {
		emit_null(emitter, "joint_peak");
		return;
	}
	emit_begin(emitter, "joint_peak", '{');
	emit_uint(emitter, "least", least);
	emit_uint(emitter, "most", most);
	emit_end(emitter);
}

void info_json(const struct snapshot *snapshot, const char *file, struct out *out)
{
	struct emitter emitter = {.out = out};

	emit_begin(&emitter, NULL, '{');
	emit_string(&emitter, "schema", "memtrace-info/1");
	snapshot_json(&emitter, "snapshot", snapshot, file);
	if (snapshot->keeps_blocks)
		emit_uint(&emitter, "kept_blocks", snapshot->blocks.count);
	else
		emit_null(&emitter, "kept_blocks");
	life_json(&emitter, snapshot);
	joint(&emitter, snapshot);
	document_tables(&emitter, snapshot);
	emit_end(&emitter);
}

int info_tell(const struct snapshot *snapshot, const char *file, struct error *err)
{
	struct out out;

	out_init(&out, stdout);
	info_json(snapshot, file, &out);
	return out_finish(&out, err);
}
