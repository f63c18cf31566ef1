/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The run of a merged snapshot: sums, what is the same in all, and a part for each source. A source
 * that was itself merged hands on its parts.
 */
#include "model/snapshot_merge.h"

#include <string.h>
#include "base/bytes.h"

/* SAME(field, unknown): the field's value where all have the same, else UNKNOWN. */
#define SAME(field, unknown)                                                                       \
	do {                                                                                       \
		run->field = sources[0].snapshot->run.field;                                       \
		for (size_t same_ = 1; same_ < n; same_++) {                                       \
			if (sources[same_].snapshot->run.field != run->field)                      \
				run->field = (unknown);                                            \
		}                                                                                  \
	} while (0)

static bool same_names(const struct snapshot *a, string_id x, const struct snapshot *b, string_id y)
{
	size_t size = strings_size(a->strings, x);

	return size == strings_size(b->strings, y) &&
	       memcmp(strings_get(a->strings, x), strings_get(b->strings, y), size) == 0;
}

/* The name at OFFSET of struct run, where all have the same. */
static string_id same_name(
	struct snapshot *into, const struct merge_source *sources, size_t n, size_t offset)
{
	const struct snapshot *first = sources[0].snapshot;
	string_id name, other;

	memcpy(&name, (const char *)&first->run + offset, sizeof(name));
	for (size_t i = 1; i < n; i++) {
		memcpy(&other, (const char *)&sources[i].snapshot->run + offset, sizeof(other));
		if (!same_names(first, name, sources[i].snapshot, other))
			return 0;
	}
	return merge_string(into, first, name);
}

static bool same_command(const struct snapshot *a, const struct snapshot *b)
{
	if (a->run.command.count != b->run.command.count)
		return false;
	for (size_t i = 0; i < a->run.command.count; i++) {
		if (!same_names(a, a->run.command.items[i], b, b->run.command.items[i]))
			return false;
	}
	return true;
}

static void add_command(struct snapshot *into, const struct merge_source *sources, size_t n)
{
	const struct snapshot *first = sources[0].snapshot;

	for (size_t i = 1; i < n; i++) {
		if (!same_command(first, sources[i].snapshot))
			return;
	}
	for (size_t i = 0; i < first->run.command.count; i++)
		*ARRAY_PUSH(&into->run.command) =
			merge_string(into, first, first->run.command.items[i]);
}

static string_id joined_command(struct snapshot *into, const struct snapshot *from)
{
	struct buffer text = {0};
	string_id id;

	for (size_t i = 0; i < from->run.command.count; i++) {
		string_id word = from->run.command.items[i];

		if (i)
			buffer_u8(&text, ' ');
		buffer_bytes(&text, strings_get(from->strings, word),
			strings_size(from->strings, word));
	}
	id = strings_add_bytes(into->strings, text.size ? (const char *)text.data : "", text.size);
	buffer_free(&text);
	return id;
}

static void add_parts(struct snapshot *into, const struct merge_source *source)
{
	const struct snapshot *from = source->snapshot;

	for (size_t i = 0; i < from->run.parts.count; i++) {
		struct part *part = ARRAY_PUSH(&into->run.parts);

		*part = from->run.parts.items[i];
		part->file = merge_string(into, from, part->file);
		part->command = merge_string(into, from, part->command);
	}
	if (from->run.parts.count)
		return;
	*ARRAY_PUSH(&into->run.parts) = (struct part){
		.file = strings_add(into->strings, source->file),
		.command = joined_command(into, from),
		.pid = from->run.pid,
		.image = from->run.image,
		.complete = from->run.complete,
		.started_ns = from->run.started_ns,
		.taken_ns = from->run.taken_ns,
		.live = snapshot_default_moment(from)->live,
		.peak_size = from->run.peak_size,
		.peak_count = from->run.peak_count,
	};
}

static void add_problems(struct snapshot *into, const struct merge_source *source)
{
	const struct snapshot *from = source->snapshot;

	for (size_t i = 0; i < from->run.problems.count; i++) {
		struct buffer text = {0};
		string_id problem = from->run.problems.items[i];

		buffer_bytes(&text, source->file, strlen(source->file));
		buffer_bytes(&text, ": ", 2);
		buffer_bytes(&text, strings_get(from->strings, problem),
			strings_size(from->strings, problem));
		*ARRAY_PUSH(&into->run.problems) = strings_add_bytes(
			into->strings, (const char *)text.data, text.size);
		buffer_free(&text);
	}
}

static void add_follows(struct snapshot *into, const struct snapshot *from)
{
	for (size_t i = 0; i < from->run.follows.count; i++) {
		struct follow follow = from->run.follows.items[i];

		follow.program = merge_string(into, from, follow.program);
		follow.file = merge_string(into, from, follow.file);
		follow.why = merge_string(into, from, follow.why);
		*ARRAY_PUSH(&into->run.follows) = follow;
	}
}

static void add_sums(struct run *run, const struct run *from, bool *over)
{
	const struct {
		uint64_t *sum;
		uint64_t value;
	} sums[] = {
		{&run->peak_size, from->peak_size},
		{&run->peak_count, from->peak_count},
		{&run->total_size, from->total_size},
		{&run->total_count, from->total_count},
		{&run->events, from->events},
		{&run->events_lost, from->events_lost},
		{&run->unknown_frees, from->unknown_frees},
		{&run->cut_stacks, from->cut_stacks},
		{&run->tracer_memory, from->tracer_memory},
	};

	for (size_t i = 0; i < sizeof(sums) / sizeof(*sums); i++)
		merge_add(sums[i].sum, sums[i].value, over);
}

static void add_one(struct snapshot *into, const struct merge_source *source, bool *over)
{
	const struct run *from = &source->snapshot->run;
	struct run *run = &into->run;

	run->ended = run->ended && from->ended;
	run->complete = run->complete && from->complete;
	if (from->started_ns && (!run->started_ns || from->started_ns < run->started_ns))
		run->started_ns = from->started_ns;
	if (from->taken_ns > run->taken_ns)
		run->taken_ns = from->taken_ns;
	add_sums(run, from, over);
	add_parts(into, source);
	add_problems(into, source);
	add_follows(into, source->snapshot);
}

void merge_run(struct snapshot *into, const struct merge_source *sources, size_t n, bool *over)
{
	struct run *run = &into->run;
	bool knows_peak = true;

	SAME(pid, 0);
	SAME(parent_pid, 0);
	SAME(image, 0);
	SAME(frames_limit, 0);
	SAME(exit_code, -1);
	SAME(exit_signal, 0);
	run->executable = same_name(into, sources, n, offsetof(struct run, executable));
	run->directory = same_name(into, sources, n, offsetof(struct run, directory));
	run->host = same_name(into, sources, n, offsetof(struct run, host));
	run->version = same_name(into, sources, n, offsetof(struct run, version));
	add_command(into, sources, n);
	run->ended = run->complete = true;
	for (size_t i = 0; i < n; i++) {
		add_one(into, &sources[i], over);
		knows_peak = knows_peak && snapshot_knows_peak(sources[i].snapshot);
	}
	if (!knows_peak)
		run->peak_size = run->peak_count = 0;
}
