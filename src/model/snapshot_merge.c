/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Table by table, each source's rows get the number that they have in the result; then the counts
 * are added, when all moments and traces are known. Cost: one pass over each source, and its numbers
 * in memory.
 */
#include "model/snapshot_merge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model/snapshot_build.h"

/* By rows of one source: their numbers in the result. */
struct numbers {
	uint32_t *threads, *domains, *modules, *stacks, *traces;
	uint32_t parts; /* of the result that come from sources before this one */
};

struct merge {
	const struct merge_source *sources;
	size_t n;
	struct snapshot *into;
	struct snapshot_builder builder;
	struct map modules; /* (path, build-id) → index */
	struct merge_notes *notes;
	uint32_t **moments;      /* by source and moment: where it has gone, or INDEX_NONE */
	struct numbers *numbers; /* by source */
};

void merge_note(struct merge_notes *notes, const char *format, ...)
{
	va_list arguments;
	char text[400];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	*ARRAY_PUSH(&notes->all) = xstrdup(text);
}

void merge_notes_release(struct merge_notes *notes)
{
	for (size_t i = 0; i < notes->all.count; i++)
		free(notes->all.items[i]);
	ARRAY_FREE(&notes->all);
}

void merge_add(uint64_t *sum, uint64_t value, bool *over)
{
	if (__builtin_add_overflow(*sum, value, sum) || *sum > SNAPSHOT_SIZE_MAX) {
		*sum = SNAPSHOT_SIZE_MAX;
		*over = true;
	}
}

string_id merge_string(struct snapshot *into, const struct snapshot *from, string_id id)
{
	return strings_add_bytes(
		into->strings, strings_get(from->strings, id), strings_size(from->strings, id));
}

static void add_threads(struct merge *merge, const struct snapshot *from, struct numbers *numbers)
{
	numbers->threads = xcalloc(from->threads.count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < from->threads.count; i++) {
		numbers->threads[i] = (uint32_t)merge->into->threads.count;
		*ARRAY_PUSH(&merge->into->threads) = (struct thread){
			.tid = from->threads.items[i].tid,
			.name = merge_string(merge->into, from, from->threads.items[i].name),
		};
	}
}

static uint32_t unused_domain(const struct merge *merge)
{
	uint32_t id = DOMAIN_FIRST_OWN;

	for (size_t s = 0; s <= merge->n; s++) {
		const struct snapshot *snapshot =
			s < merge->n ? merge->sources[s].snapshot : merge->into;

		for (size_t i = 0; i < snapshot->domains.count; i++) {
			if (snapshot->domains.items[i].id >= id)
				id = snapshot->domains.items[i].id + 1;
		}
	}
	return id;
}

/* Where a domain goes whose number another one has: to its namesake, or to a new number. */
static uint32_t other_domain(struct merge *merge, const struct domain *domain,
	const struct merge_source *source)
{
	const char *name = strings_get(source->snapshot->strings, domain->name);
	string_id wanted = merge_string(merge->into, source->snapshot, domain->name);
	uint32_t id = unused_domain(merge);

	for (size_t i = 0; i < merge->into->domains.count; i++) {
		if (merge->into->domains.items[i].name == wanted)
			id = merge->into->domains.items[i].id;
	}
	merge_note(merge->notes,
		"domain %" PRIu32 " of %s is '%s', another one than before: it becomes domain "
		"%" PRIu32,
		domain->id, source->file, name, id);
	return snapshot_domain(merge->into, id, NULL);
}

/* Programs choose the numbers of their domains by themselves: one number with two names is two. */
static void add_domains(struct merge *merge, const struct merge_source *source,
	struct numbers *numbers)
{
	const struct snapshot *from = source->snapshot;
	struct snapshot *into = merge->into;

	numbers->domains = xcalloc(from->domains.count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < from->domains.count; i++) {
		const struct domain *domain = &from->domains.items[i];
		size_t before = into->domains.count;
		uint32_t index = snapshot_domain(into, domain->id, NULL);
		string_id name = merge_string(into, from, domain->name);

		if (index < before && into->domains.items[index].name != name)
			index = other_domain(merge, domain, source);
		into->domains.items[index].name = name;
		numbers->domains[i] = index;
	}
}

/* INTO is the same file in another process: where it lay is known only if it lay there in all. */
static void join_modules(struct module *into, const struct module *one)
{
	if (into->start != one->start || into->end != one->end || into->bias != one->bias)
		into->start = into->end = into->bias = 0;
	if (into->loaded_ns != one->loaded_ns)
		into->loaded_ns = 0;
	if (into->unloaded_ns != one->unloaded_ns)
		into->unloaded_ns = 0;
	if (one->names > into->names || (!into->names && !into->why)) {
		into->names = one->names;
		into->names_from = one->names_from;
		into->why = one->why;
	}
}

static void add_modules(struct merge *merge, const struct snapshot *from, struct numbers *numbers)
{
	struct snapshot *into = merge->into;

	numbers->modules = xcalloc(from->modules.count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < from->modules.count; i++) {
		struct module module = from->modules.items[i];
		string_id key[2];
		uint64_t *index;
		bool added;

		module.path = key[0] = merge_string(into, from, module.path);
		module.build_id = key[1] = merge_string(into, from, module.build_id);
		module.names_from = merge_string(into, from, module.names_from);
		module.why = merge_string(into, from, module.why);
		index = map_add(&merge->modules, key, into->modules.count, &added);
		numbers->modules[i] = (uint32_t)*index;
		if (added)
			*ARRAY_PUSH(&into->modules) = module;
		else
			join_modules(&into->modules.items[*index], &module);
	}
}

static uint32_t add_location(struct merge *merge, const struct snapshot *from,
	const struct numbers *numbers, uint32_t index)
{
	struct location place = from->locations.items[index];
	struct frame *frames = xcalloc(place.n_frames, sizeof(*frames));
	uint32_t number;

	if (place.module != INDEX_NONE)
		place.module = numbers->modules[place.module];
	for (uint32_t i = 0; i < place.n_frames; i++) {
		frames[i] = from->frames.items[place.first_frame + i];
		frames[i].filename = merge_string(merge->into, from, frames[i].filename);
		frames[i].function = merge_string(merge->into, from, frames[i].function);
	}
	number = builder_location(&merge->builder, &place, frames, place.n_frames);
	free(frames);
	return number;
}

/* As in struct trace: one that was merged itself hands on its parts, any other is one. */
static uint32_t part_of(const struct snapshot *from, const struct numbers *numbers, const struct trace *trace)
{
	if (!from->run.parts.count)
		return numbers->parts + 1;
	return trace->part ? numbers->parts + trace->part : 0;
}

static void add_traces(
	struct merge *merge, const struct snapshot *from, struct numbers *numbers, bool *over)
{
	uint32_t *locations = xcalloc(from->locations.count + 1, sizeof(uint32_t));

	for (size_t i = 0; i < from->locations.count; i++)
		locations[i] = add_location(merge, from, numbers, (uint32_t)i);
	numbers->stacks = xcalloc(from->stacks.count, sizeof(uint32_t));
	for (size_t i = 1; i < from->stacks.count; i++) {
		const struct stack *stack = &from->stacks.items[i];

		numbers->stacks[i] = builder_stack(&merge->builder, numbers->stacks[stack->parent],
			locations[stack->location]);
	}
	free(locations);
	numbers->traces = xcalloc(from->traces.count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < from->traces.count; i++) {
		const struct trace *trace = &from->traces.items[i];
		uint32_t thread = trace->thread == INDEX_NONE ? INDEX_NONE
							       : numbers->threads[trace->thread];
		struct trace *into;

		numbers->traces[i] = builder_trace_of(&merge->builder, numbers->stacks[trace->stack], trace->total_nframe,
			numbers->domains[trace->domain], thread, part_of(from, numbers, trace));
		into = &merge->into->traces.items[numbers->traces[i]];
		merge_add(&into->total_size, trace->total_size, over);
		merge_add(&into->total_count, trace->total_count, over);
	}
}

static void add_counts(struct merge *merge, size_t source, bool *over)
{
	const struct snapshot *from = merge->sources[source].snapshot;
	const uint32_t *moments = merge->moments[source], *traces = merge->numbers[source].traces;

	for (size_t moment = 0; moment < from->moments.count; moment++) {
		for (size_t i = 0; i < from->traces.count && moments[moment] != INDEX_NONE; i++) {
			const struct counts *counts = snapshot_counts(from, moment, i);
			struct counts *into = snapshot_counts(merge->into, moments[moment], traces[i]);

			merge_add(&into->size, counts->size, over);
			merge_add(&into->count, counts->count, over);
		}
	}
}

static void add_leaks(struct merge *merge, size_t source)
{
	const struct snapshot *from = merge->sources[source].snapshot;

	merge->into->keeps_leaks |= from->keeps_leaks;
	for (size_t i = 0; i < from->leaks.count; i++) {
		const struct leak *leak = &from->leaks.items[i];

		snapshot_add_leak(merge->into, merge->numbers[source].traces[leak->trace], leak->kind, leak->counts);
	}
}

static void add_lives(struct merge *merge)
{
	uint32_t **traces = xcalloc(merge->n, sizeof(*traces));

	for (size_t i = 0; i < merge->n; i++)
		traces[i] = merge->numbers[i].traces;
	merge_lives(merge->into, merge->sources, merge->n, traces, merge->notes);
	free(traces);
}

/* The errors of those that were sampled: numbers of the others have none. */
static void add_sampling(struct merge *merge, size_t source)
{
	const struct snapshot *from = merge->sources[source].snapshot;

	for (size_t i = 0; i < from->sampling.count; i++) {
		struct uncertainty one = from->sampling.items[i];
		bool of_totals = one.moment == INDEX_NONE;

		if (!of_totals)
			one.moment = merge->moments[source][one.moment];
		if (one.trace != INDEX_NONE)
			one.trace = merge->numbers[source].traces[one.trace];
		if (of_totals || one.moment != INDEX_NONE)
			snapshot_add_uncertainty(merge->into, one);
	}
}

static bool same_process(const struct snapshot *a, const struct snapshot *b)
{
	return a->run.pid && a->run.pid == b->run.pid && a->run.image == b->run.image &&
	       a->run.started_ns == b->run.started_ns;
}

static void note_doubles(struct merge *merge)
{
	bool blocks = false;

	for (size_t i = 0; i < merge->n; i++) {
		const struct merge_source *one = &merge->sources[i];

		blocks |= one->snapshot->keeps_blocks;
		if (merge->into->keeps_leaks && !one->snapshot->keeps_leaks)
			merge_note(merge->notes, "leaks were not looked for in %s", one->file);
		for (size_t k = 0; k < i; k++) {
			if (same_process(one->snapshot, merge->sources[k].snapshot))
				merge_note(merge->notes,
					"%s and %s are of the same process: its blocks count twice",
					merge->sources[k].file, one->file);
		}
	}
	if (blocks && !merge->notes->only_wrong)
		merge_note(merge->notes,
			"the addresses of live blocks are left out: they are of one process each");
}

static void merge_all(struct merge *merge, bool *over)
{
	uint32_t parts = 0;

	merge_moments(merge->into, merge->sources, merge->n, merge->moments, merge->notes, over);
	merge_memory(merge->into, merge->sources, merge->n, merge->moments, over);
	for (size_t i = 0; i < merge->n; i++) {
		const struct snapshot *from = merge->sources[i].snapshot;
		struct numbers *numbers = &merge->numbers[i];

		numbers->parts = parts;
		parts += from->run.parts.count ? (uint32_t)from->run.parts.count : 1;
		add_threads(merge, from, numbers);
		add_domains(merge, &merge->sources[i], numbers);
		add_modules(merge, from, numbers);
		add_traces(merge, from, numbers, over);
	}
	snapshot_alloc_counts(merge->into);
	for (size_t i = 0; i < merge->n; i++) {
		add_counts(merge, i, over);
		add_leaks(merge, i);
		add_sampling(merge, i);
	}
	snapshot_sort_leaks(merge->into);
	add_lives(merge);
	merge_timelines(merge->into, merge->sources, merge->n, merge->notes, over);
	snapshot_sort_sampling(merge->into);
	merge_run(merge->into, merge->sources, merge->n, over);
	note_doubles(merge);
}

static void release(struct merge *merge)
{
	for (size_t i = 0; i < merge->n; i++) {
		free(merge->moments[i]);
		free(merge->numbers[i].threads);
		free(merge->numbers[i].domains);
		free(merge->numbers[i].modules);
		free(merge->numbers[i].stacks);
		free(merge->numbers[i].traces);
	}
	free(merge->moments);
	free(merge->numbers);
	map_free(&merge->modules);
	builder_release(&merge->builder);
}

struct snapshot *snapshot_merge(const struct merge_source *sources, size_t n,
	struct merge_notes *notes, struct error *err)
{
	struct merge merge = {
		.sources = sources,
		.n = n,
		.into = snapshot_new(),
		.modules = {.key_size = 2 * sizeof(string_id)},
		.notes = notes,
		.moments = xcalloc(n, sizeof(uint32_t *)),
		.numbers = xcalloc(n, sizeof(struct numbers)),
	};
	bool over = false;
	int rc;

	builder_init(&merge.builder, merge.into);
	merge_all(&merge, &over);
	release(&merge);
	rc = over ? error_set(err, "the snapshots add up to more than 2^63 - 1")
		  : snapshot_sum(merge.into, err);
	if (rc == 0)
		rc = snapshot_check(merge.into, err);
	if (rc == 0)
		return merge.into;
	snapshot_free(merge.into);
	return NULL;
}
