/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An image as a snapshot: the shim's nodes become locations and stacks, the accounts become traces with their counts at
 * the present, at the peak and at labelled moments. Names come later (cmd/naming.c); until then a location's one frame is its module.
 * Cost: the nodes and traces once, never the events.
 */
#include <stdlib.h>
#include <string.h>
#include "model/snapshot_build.h"
#include "record/estimate.h"
#include "record/image.h"

/* A cut stack's depth is the program's word; it must leave room for what is added to it. */
enum { DEPTH_MAX = 1 << 30 };
enum { FIRST_LABELLED = 2 /* behind the present and the peak */ };

struct draft {
	struct image *image;
	struct snapshot *snapshot;
	struct snapshot_builder builder;
	uint32_t *stacks;        /* node id → stack */
	uint32_t *depths;        /* node id → frames */
	uint32_t *traces;        /* index into the ledger → trace */
};

static void add_modules(struct draft *draft)
{
	for (size_t i = 0; i < draft->image->modules.count; i++) {
		const struct image_module *from = &draft->image->modules.items[i];
		struct module *module = ARRAY_PUSH(&draft->snapshot->modules);

		module->path = strings_add(draft->snapshot->strings, from->path);
		module->build_id = strings_add_bytes(draft->snapshot->strings, (const char *)from->build_id,
			from->build_id_size);
		module->start = from->start;
		module->end = from->end;
		module->bias = from->bias;
		module->loaded_ns = from->loaded_ns;
		module->unloaded_ns = from->unloaded_ns;
	}
}

static void add_threads(struct draft *draft)
{
	for (size_t i = 0; i < draft->image->threads.count; i++) {
		struct thread *thread = ARRAY_PUSH(&draft->snapshot->threads);
		const char *name = draft->image->threads.items[i].name;

		thread->tid = draft->image->threads.items[i].tid;
		thread->name = strings_add(draft->snapshot->strings, name ? name : "");
	}
}

/* A node whose module was not known when it came: the module that was loaded last at its place. */
static uint32_t module_of(const struct image *image, const struct image_node *node)
{
	if (node->module != INDEX_NONE)
		return node->module;
	for (size_t i = image->modules.count; i--;)
		if (node->pc - 1 >= image->modules.items[i].start && node->pc - 1 < image->modules.items[i].end)
			return (uint32_t)i;
	return INDEX_NONE;
}

static uint32_t location_of(struct draft *draft, const struct image_node *node)
{
	struct snapshot *snapshot = draft->snapshot;
	struct location place = { .address = node->pc, .module = module_of(draft->image, node), .has_address = true };
	struct frame frame = { 0 };

	if (place.module == INDEX_NONE) {
		frame.filename = strings_add(snapshot->strings, SNAPSHOT_UNKNOWN);
	} else {
		place.address -= snapshot->modules.items[place.module].bias;
		frame.filename = snapshot->modules.items[place.module].path;
		frame.flags = FRAME_NO_LINE;
	}
	return builder_location(&draft->builder, &place, &frame, 1);
}

/* Parents have lower ids than their children (image_node sees to it), so one pass does. */
static void add_stacks(struct draft *draft)
{
	const struct image *image = draft->image;

	draft->stacks = xcalloc(image->nodes.count + 1, sizeof *draft->stacks);
	draft->depths = xcalloc(image->nodes.count + 1, sizeof *draft->depths);
	for (size_t id = 1; id < image->nodes.count; id++) {
		const struct image_node *node = &image->nodes.items[id];

		if (!(node->flags & NODE_SEEN))
			continue;
		if (node->flags & WIRE_NODE_CUT) {
			draft->stacks[id] = draft->stacks[node->parent];
			draft->depths[id] = node->pc > DEPTH_MAX ? DEPTH_MAX : (uint32_t)node->pc;
			if (draft->depths[id] < draft->depths[node->parent])
				draft->depths[id] = draft->depths[node->parent];
			continue;
		}
		draft->depths[id] = draft->depths[node->parent] + 1;
		draft->stacks[id] = builder_stack(&draft->builder, draft->stacks[node->parent], location_of(draft, node));
	}
}

static const char *domain_name(const struct image *image, uint32_t domain)
{
	const uint64_t *name = map_find(&image->domain_names, &domain);

	return name ? image->names.items[*name] : NULL;
}

static void add_memory(struct draft *draft, size_t moment, const struct residency *memory)
{
	for (int kind = 0; memory->known && kind < MEMORY_KINDS; kind++) {
		if (kind != MEMORY_USABLE || memory->has_usable)
			snapshot_add_memory(draft->snapshot, moment, kind, memory->sizes[kind]);
	}
}

static void add_labelled(struct draft *draft)
{
	const struct moments *moments = &draft->image->moments;

	for (size_t i = 0; i < moments->kept.count; i++) {
		struct moment *moment = ARRAY_PUSH(&draft->snapshot->moments);

		moment->name = strings_add(draft->snapshot->strings, moments->kept.items[i].label);
		moment->time_ns = moments->kept.items[i].time_ns;
		moment->rss = moments->kept.items[i].rss;
		add_memory(draft, FIRST_LABELLED + i, &moments->kept.items[i].memory);
	}
}

/* TRACES: the snapshot's trace of each account. */
static void count_labelled(struct draft *draft, const uint32_t *traces)
{
	const struct moments *moments = &draft->image->moments;

	for (size_t i = 0; i < moments->kept.count; i++) {
		const struct buffer *bytes = &moments->kept.items[i].counts;
		struct cursor cursor = cursor_over(bytes->data, bytes->size);
		struct moment *moment = &draft->snapshot->moments.items[FIRST_LABELLED + i];
		uint64_t index = UINT64_MAX;
		struct sums live;

		while (moments_next(&cursor, &index, &live)) {
			struct counts *counts = snapshot_counts(draft->snapshot, FIRST_LABELLED + i, traces[index]);

			counts->size += live.size;
			counts->count += live.count;
			moment->live.size += live.size;
			moment->live.count += live.count;
		}
	}
}

/* Several accounts may become one trace: two ids can name one stack. */
static void add_traces(struct draft *draft, struct moment *exit, struct moment *peak)
{
	const struct ledger *ledger = &draft->image->ledger;
	uint32_t *traces = draft->traces = xcalloc(ledger->traces.count + 1, sizeof *traces);

	for (size_t i = 0; i < ledger->traces.count; i++) {
		const struct ledger_trace *from = &ledger->traces.items[i];
		uint32_t node = from->stack < draft->image->nodes.count ? from->stack : 0;
		uint32_t domain = snapshot_domain(draft->snapshot, from->domain,
			domain_name(draft->image, from->domain));
		struct trace *trace;

		traces[i] = builder_trace(&draft->builder, draft->stacks[node], draft->depths[node], domain, from->thread);
		trace = &draft->snapshot->traces.items[traces[i]];
		trace->total_size += from->allocated.size;
		trace->total_count += from->allocated.count;
	}
	snapshot_alloc_counts(draft->snapshot);
	for (size_t i = 0; i < ledger->traces.count; i++) {
		struct sums now = ledger_live(&ledger->traces.items[i]);
		struct sums then = ledger_at_peak(ledger, &ledger->traces.items[i]);
		struct counts *counts = snapshot_counts(draft->snapshot, 0, traces[i]);
		struct counts *at_peak = snapshot_counts(draft->snapshot, 1, traces[i]);

		counts->size += now.size;
		counts->count += now.count;
		at_peak->size += then.size;
		at_peak->count += then.count;
		exit->live.size += now.size;
		exit->live.count += now.count;
		peak->live.size += then.size;
		peak->live.count += then.count;
	}
	count_labelled(draft, traces);
}

static void add_block(void *data, const struct live_block *from)
{
	struct draft *draft = data;

	*ARRAY_PUSH(&draft->snapshot->blocks) =
		(struct block){ .address = from->addr, .size = from->size, .trace = draft->traces[from->trace] };
}

static void add_range(struct draft *draft, const struct range *range)
{
	const struct mapping *mapping = &draft->image->ranges.mappings.items[range->mapping];

	*ARRAY_PUSH(&draft->snapshot->blocks) = (struct block){ .address = range->start,
		.size = range->end - range->start, .trace = draft->traces[mapping->trace] };
}

static void add_blocks(struct draft *draft)
{
	const struct ranges *ranges = &draft->image->ranges;
	struct snapshot *snapshot = draft->snapshot;

	snapshot->keeps_blocks = true;
	live_visit(&draft->image->live, add_block, draft);
	for (size_t i = 0; i < ranges->chunks.count; i++)
		for (uint32_t k = 0; k < ranges->chunks.items[i]->count; k++)
			add_range(draft, &ranges->chunks.items[i]->items[k]);
	snapshot_sort_blocks(snapshot);
}

static void add_uncertainty(struct draft *draft, size_t moment, uint32_t trace, uint64_t size, uint64_t count)
{
	if (size || count || trace == INDEX_NONE)
		snapshot_add_uncertainty(draft->snapshot, (struct uncertainty){ .moment = (uint32_t)moment, .trace = trace,
			.size = size, .count = count, .interval = draft->image->interval });
}

static void add_spread(struct draft *draft, size_t moment, uint32_t trace, struct ledger_spread spread)
{
	add_uncertainty(draft, moment, trace, estimate_deviation(spread.size), estimate_deviation(spread.count));
}

/* Where blocks were sampled: how far each number may be off. */
static void add_sampling(struct draft *draft)
{
	const struct ledger *ledger = &draft->image->ledger;
	const struct moments *moments = &draft->image->moments;

	add_spread(draft, INDEX_NONE, INDEX_NONE, ledger->total);
	for (size_t i = 0; i < ledger->traces.count; i++) {
		if (i < ledger->n_errors)
			add_spread(draft, INDEX_NONE, draft->traces[i], ledger->errors[i].allocated);
		add_spread(draft, 0, draft->traces[i], ledger_live_spread(ledger, i));
		add_spread(draft, 1, draft->traces[i], ledger_peak_spread(ledger, i));
	}
	for (size_t i = 0; i < moments->kept.count; i++) {
		const struct buffer *bytes = &moments->kept.items[i].errors;
		struct cursor cursor = cursor_over(bytes->data, bytes->size);
		uint64_t index = UINT64_MAX;
		struct sums error;

		while (moments_next(&cursor, &index, &error))
			add_uncertainty(draft, FIRST_LABELLED + i, draft->traces[index], error.size, error.count);
	}
	snapshot_sort_sampling(draft->snapshot);
}

static void add_leaks(struct draft *draft)
{
	draft->snapshot->keeps_leaks = true;
	for (size_t i = 0; i < draft->image->leaks.count; i++) {
		const struct image_leak *from = &draft->image->leaks.items[i];

		snapshot_add_leak(draft->snapshot, draft->traces[from->trace], from->kind,
			(struct counts){ from->sums.size, from->sums.count });
	}
	snapshot_sort_leaks(draft->snapshot);
}

/* Of the account I; lifetimes only where ticks are times. */
static void add_life(struct draft *draft, size_t i)
{
	const struct ledger *ledger = &draft->image->ledger;
	const struct ledger_trace *from = &ledger->traces.items[i];
	const struct ledger_resize *resize = i < ledger->resizes.count ? &ledger->resizes.items[i] : NULL;
	struct life life = { .temporary = { from->temporary.size, from->temporary.count } };

	if (resize) {
		life.grown = resize->grown;
		life.moved = (struct counts){ resize->moved.size, resize->moved.count };
	}
	if (ledger->tick_ns && from->timed) {
		life.timed = from->timed;
		life.lifetime_ns = (uint64_t)(from->lifetime_ns / from->timed);
	}
	life_add(&draft->snapshot->lives.items[draft->traces[i]], &life);
}

static void add_size(struct draft *draft, size_t i)
{
	const struct ledger_trace *from = &draft->image->ledger.traces.items[i];
	struct sums live = ledger_live(from);

	if (from->allocated.count)
		*ARRAY_PUSH(&draft->snapshot->sizes) = (struct size_class){ draft->traces[i], from->low, from->low + from->span,
			{ from->allocated.size, from->allocated.count }, { live.size, live.count } };
}

/* The traces and counts are there. Of a sample's blocks alone all this would say little, and it would not add up with estimates. */
static void add_lives(struct draft *draft)
{
	const struct ledger *ledger = &draft->image->ledger;

	if (draft->image->interval)
		return;
	snapshot_alloc_lives(draft->snapshot);
	draft->snapshot->keeps_sizes = true;
	for (size_t i = 0; i < ledger->traces.count; i++) {
		add_life(draft, i);
		add_size(draft, i);
	}
	snapshot_sort_sizes(draft->snapshot);
	for (uint32_t class = 0; ledger->tick_ns && class < LIFETIME_CLASSES; class++) {
		const struct sums *sums = &ledger->lifetimes[class];

		if (sums->count)
			*ARRAY_PUSH(&draft->snapshot->lifetimes) =
				(struct lifetime){ class, { sums->size, sums->count } };
	}
}

static void add_follows(struct draft *draft)
{
	struct strings *strings = draft->snapshot->strings;

	for (size_t i = 0; i < draft->image->follows.count; i++) {
		const struct image_follow *from = &draft->image->follows.items[i];
		struct follow *follow = ARRAY_PUSH(&draft->snapshot->run.follows);

		follow->pid = from->pid;
		follow->image = from->image;
		follow->program = strings_add(strings, from->program ? from->program : "");
		follow->file = strings_add(strings, from->file ? from->file : "");
		follow->why = strings_add(strings, from->why ? from->why : "");
	}
}

static void add_run(struct draft *draft, const struct image_state *state)
{
	const struct image *image = draft->image;
	struct strings *strings = draft->snapshot->strings;
	struct run *run = &draft->snapshot->run;

	for (size_t i = 0; i < image->command.count; i++)
		*ARRAY_PUSH(&run->command) = strings_add(strings, image->command.items[i]);
	run->executable = strings_add(strings, image->executable ? image->executable : "");
	run->directory = strings_add(strings, state->directory);
	run->host = strings_add(strings, state->host);
	run->version = strings_add(strings, state->version);
	run->pid = image->pid;
	run->parent_pid = image->parent_pid;
	run->image = image->number;
	run->started_ns = image->started_ns;
	run->taken_ns = state->taken_ns;
	run->frames_limit = state->frames_limit;
	run->exit_code = state->exit_code;
	run->exit_signal = state->exit_signal;
	run->ended = state->ended;
	for (size_t i = 0; i < image->problems.count; i++)
		*ARRAY_PUSH(&run->problems) = strings_add(strings, image->problems.items[i]);
	run->complete = !image->incomplete;
	run->peak_size = image->ledger.peak.size;
	run->peak_count = image->ledger.peak.count;
	run->total_size = image->ledger.allocated.size;
	run->total_count = image->ledger.allocated.count;
	run->events = image->events;
	run->events_lost = state->lost;
	run->unknown_frees = image->unknown_frees;
	run->cut_stacks = state->cut_stacks;
	run->tracer_memory = state->tracer_memory;
	add_follows(draft);
}

struct snapshot *image_snapshot(struct image *image, const struct image_state *state)
{
	struct draft draft = { .image = image, .snapshot = snapshot_new() };
	struct moment *moment;

	if (state->lost)
		image_problem(image, "%lu events were lost", (unsigned long)state->lost);
	if (image->bad_stream)
		image_problem(image, "a part of the recorded data could not be read: the program may have overwritten it");
	ledger_settle(&image->ledger);
	builder_init(&draft.builder, draft.snapshot);
	add_modules(&draft);
	add_threads(&draft);
	add_stacks(&draft);
	moment = ARRAY_PUSH(&draft.snapshot->moments);
	moment->name = strings_add(draft.snapshot->strings, state->moment);
	moment->time_ns = state->taken_ns;
	moment->rss = state->rss;
	moment = ARRAY_PUSH(&draft.snapshot->moments);
	moment->name = strings_add(draft.snapshot->strings, "peak");
	add_memory(&draft, 0, &state->memory);
	add_labelled(&draft);
	add_traces(&draft, &draft.snapshot->moments.items[0], &draft.snapshot->moments.items[1]);
	if (state->blocks)
		add_blocks(&draft);
	if (image->interval)
		add_sampling(&draft);
	if (image->looked_for_leaks)
		add_leaks(&draft);
	add_lives(&draft);
	timeline_write(image, state->taken_ns, state->rss, draft.snapshot);
	add_run(&draft, state);
	builder_release(&draft.builder);
	free(draft.stacks);
	free(draft.depths);
	free(draft.traces);
	return draft.snapshot;
}
