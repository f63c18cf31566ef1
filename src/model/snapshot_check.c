/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate: a snapshot that passes can be walked by index without another look, whether it came
 * from a file or from a recorder. One pass over each table, 8 bytes a stack. It does not judge the
 * numbers beyond their range and their sums: whether a program can have had so many blocks is not
 * for it to say.
 */
#include "model/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>

static int bad(struct error *err, const char *table, size_t index, const char *what)
{
	return error_set(err, "%s %zu %s", table, index, what);
}

static bool named(const struct snapshot *snapshot, string_id id)
{
	return id < strings_count(snapshot->strings);
}

static bool in_range(uint64_t number)
{
	return number <= SNAPSHOT_SIZE_MAX;
}

static int check_run(const struct snapshot *snapshot, struct error *err)
{
	const struct run *run = &snapshot->run;
	const string_id names[] = {run->executable, run->directory, run->host, run->version};
	const uint64_t numbers[] = {run->started_ns, run->taken_ns, run->frames_limit,
		run->peak_size, run->peak_count, run->total_size, run->total_count, run->events,
		run->events_lost, run->unknown_frees, run->cut_stacks, run->tracer_memory};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!named(snapshot, names[i]))
			return error_set(
				err, "run names string %" PRIu32 ", which is not there", names[i]);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (!in_range(numbers[i]))
			return error_set(err, "run holds a number over 2^63 - 1");
	}
	for (size_t i = 0; i < run->command.count; i++) {
		if (!named(snapshot, run->command.items[i]))
			return bad(err, "argument", i, "has no name");
	}
	for (size_t i = 0; i < run->problems.count; i++) {
		if (!named(snapshot, run->problems.items[i]))
			return bad(err, "problem", i, "has no name");
	}
	for (size_t i = 0; i < run->follows.count; i++) {
		const struct follow *follow = &run->follows.items[i];

		if (!named(snapshot, follow->program) || !named(snapshot, follow->file) ||
			!named(snapshot, follow->why))
			return bad(err, "follow", i, "has no name");
	}
	return 0;
}

static int check_names(const struct snapshot *snapshot, struct error *err)
{
	for (size_t i = 0; i < snapshot->threads.count; i++) {
		if (!named(snapshot, snapshot->threads.items[i].name))
			return bad(err, "thread", i, "has no name");
	}
	for (size_t i = 0; i < snapshot->domains.count; i++) {
		if (!named(snapshot, snapshot->domains.items[i].name))
			return bad(err, "domain", i, "has no name");
	}
	for (size_t i = 0; i < snapshot->modules.count; i++) {
		const struct module *module = &snapshot->modules.items[i];

		if (!named(snapshot, module->path) || !named(snapshot, module->build_id) ||
			!named(snapshot, module->names_from) || !named(snapshot, module->why))
			return bad(err, "module", i, "has no name");
		if (module->names > MODULE_NAMES_DWARF)
			return bad(err, "module", i, "has its names from an unknown source");
		if (!in_range(module->loaded_ns) || !in_range(module->unloaded_ns))
			return bad(err, "module", i, "has a time over 2^63 - 1");
	}
	for (size_t i = 0; i < snapshot->frames.count; i++) {
		const struct frame *frame = &snapshot->frames.items[i];

		if (!named(snapshot, frame->filename) || !named(snapshot, frame->function))
			return bad(err, "frame", i, "has no name");
	}
	return 0;
}

static int check_locations(const struct snapshot *snapshot, struct error *err)
{
	uint64_t next = 0;

	for (size_t i = 0; i < snapshot->locations.count; i++) {
		const struct location *location = &snapshot->locations.items[i];
		uint64_t end = (uint64_t)location->first_frame + location->n_frames;

		/* Shared frames would let a small file unfold into endless stacks. */
		if (location->first_frame != next)
			return bad(err, "location", i, "does not begin where the one before it ends");
		next = end;
		if (location->module != INDEX_NONE && location->module >= snapshot->modules.count)
			return bad(err, "location", i, "is in a module that is not there");
		if (location->n_frames == 0)
			return bad(err, "location", i, "has no frame");
		if (end > snapshot->frames.count)
			return bad(err, "location", i, "has frames that are not there");
		if (snapshot->frames.items[end - 1].flags & FRAME_INLINED)
			return bad(err, "location", i, "ends in an inlined frame");
	}
	return 0;
}

/* Also leaves each stack's depth in frames in DEPTHS. */
static int check_stacks(const struct snapshot *snapshot, uint64_t *depths, struct error *err)
{
	if (snapshot->stacks.count == 0 || snapshot->stacks.items[0].parent != 0 ||
		snapshot->stacks.items[0].location != INDEX_NONE)
		return bad(err, "stack", 0, "is not the empty stack");
	depths[0] = 0;
	for (size_t i = 1; i < snapshot->stacks.count; i++) {
		const struct stack *stack = &snapshot->stacks.items[i];

		if (stack->parent >= i)
			return bad(err, "stack", i, "does not come after its caller");
		if (stack->location >= snapshot->locations.count)
			return bad(err, "stack", i, "is at a location that is not there");
		depths[i] =
			depths[stack->parent] + snapshot->locations.items[stack->location].n_frames;
	}
	return 0;
}

static int check_traces(const struct snapshot *snapshot, const uint64_t *depths, struct error *err)
{
	struct counts total = {0, 0};

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];

		if (trace->stack >= snapshot->stacks.count)
			return bad(err, "trace", i, "has a stack that is not there");
		if (trace->domain >= snapshot->domains.count)
			return bad(err, "trace", i, "is in a domain that is not there");
		if (trace->thread != INDEX_NONE && trace->thread >= snapshot->threads.count)
			return bad(err, "trace", i, "is of a thread that is not there");
		if (trace->part > snapshot->run.parts.count)
			return bad(err, "trace", i, "is of a part that is not there");
		if (trace->total_nframe < depths[trace->stack])
			return bad(err, "trace", i, "has more frames than it says");
		if (__builtin_add_overflow(total.size, trace->total_size, &total.size) ||
			__builtin_add_overflow(total.count, trace->total_count, &total.count) ||
			!in_range(total.size) || !in_range(total.count))
			return error_set(
				err, "the totals of the traces add up to more than 2^63 - 1");
	}
	return 0;
}

static int check_moments(const struct snapshot *snapshot, struct error *err)
{
	if (snapshot->moments.count == 0)
		return error_set(err, "there is no moment");
	if (snapshot->traces.count && !snapshot->counts)
		return error_set(err, "there are no counts");
	for (size_t i = 0; i < snapshot->moments.count; i++) {
		const struct moment *moment = &snapshot->moments.items[i];
		struct counts live = {0, 0};

		if (!named(snapshot, moment->name))
			return bad(err, "moment", i, "has no name");
		if (!in_range(moment->time_ns) || !in_range(moment->rss))
			return bad(err, "moment", i, "has a number over 2^63 - 1");
		if (snapshot_sum_moment(snapshot, i, &live, err) < 0)
			return -1;
		if (live.size != moment->live.size || live.count != moment->live.count)
			return bad(err, "moment", i, "is not the sum of its counts");
	}
	return 0;
}

static int check_blocks(const struct snapshot *snapshot, struct error *err)
{
	uint64_t last = 0;

	for (size_t i = 0; i < snapshot->blocks.count; i++) {
		const struct block *block = &snapshot->blocks.items[i];

		if (block->trace >= snapshot->traces.count)
			return bad(err, "block", i, "has a trace that is not there");
		if (block->address < last)
			return bad(err, "block", i, "is below the one before it");
		if (!in_range(block->size))
			return bad(err, "block", i, "is larger than 2^63 - 1");
		last = block->address;
	}
	return 0;
}

/* They may be of another moment than any that is kept, so they are held to no sum but their own. */
static int check_leaks(const struct snapshot *snapshot, struct error *err)
{
	struct counts all = {0, 0};

	for (size_t i = 0; i < snapshot->leaks.count; i++) {
		const struct leak *leak = &snapshot->leaks.items[i], *before = leak - 1;

		if (leak->trace >= snapshot->traces.count)
			return bad(err, "leak", i, "has a trace that is not there");
		if (leak->kind >= LEAK_KINDS)
			return bad(err, "leak", i, "is of an unknown kind");
		if (i && (leak->trace < before->trace ||
				 (leak->trace == before->trace && leak->kind <= before->kind)))
			return bad(err, "leak", i, "does not come after the one before it");
		if (__builtin_add_overflow(all.size, leak->counts.size, &all.size) ||
			__builtin_add_overflow(all.count, leak->counts.count, &all.count) ||
			!in_range(all.size) || !in_range(all.count))
			return error_set(err, "the leaks add up to more than 2^63 - 1");
	}
	return 0;
}

static int check_parts(const struct snapshot *snapshot, struct error *err)
{
	for (size_t i = 0; i < snapshot->run.parts.count; i++) {
		const struct part *part = &snapshot->run.parts.items[i];

		if (!named(snapshot, part->file) || !named(snapshot, part->command))
			return bad(err, "part", i, "has no name");
		if (!in_range(part->started_ns) || !in_range(part->taken_ns) || !in_range(part->live.size) ||
			!in_range(part->live.count) || !in_range(part->peak_size) ||
			!in_range(part->peak_count))
			return bad(err, "part", i, "has a number over 2^63 - 1");
	}
	return 0;
}

int snapshot_check(const struct snapshot *snapshot, struct error *err)
{
	uint64_t *depths = xcalloc(snapshot->stacks.count, sizeof(*depths));
	int rc = -1;

	if (check_run(snapshot, err) == 0 && check_names(snapshot, err) == 0 &&
		check_locations(snapshot, err) == 0 && check_stacks(snapshot, depths, err) == 0 &&
		check_traces(snapshot, depths, err) == 0 && check_moments(snapshot, err) == 0 &&
		check_blocks(snapshot, err) == 0 && check_leaks(snapshot, err) == 0 &&
		check_parts(snapshot, err) == 0 && snapshot_check_lives(snapshot, err) == 0 &&
		snapshot_check_memory(snapshot, err) == 0 &&
		snapshot_check_sampling(snapshot, err) == 0)
		rc = 0;
	free(depths);
	return rc;
}
