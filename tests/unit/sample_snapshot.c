/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sample: both ends of each range, names of any bytes. */
#include "sample_snapshot.h"

#include <criterion/criterion.h>
#include <string.h>
#include "model/snapshot_build.h"

string_id sample_name(struct snapshot *snapshot, const char *text)
{
	return strings_add(snapshot->strings, text);
}

static void fill_run(struct snapshot *snapshot)
{
	struct run *run = &snapshot->run;

	*ARRAY_PUSH(&run->command) = sample_name(snapshot, "./server");
	*ARRAY_PUSH(&run->command) = 0;
	*ARRAY_PUSH(&run->command) = strings_add_bytes(snapshot->strings, "a\xff\n\0z", 5);
	run->executable = sample_name(snapshot, "/bin/server");
	run->directory = sample_name(snapshot, "/home");
	run->host = sample_name(snapshot, "host");
	run->version = sample_name(snapshot, "0.1");
	run->pid = 8812;
	run->parent_pid = -1;
	run->image = 3;
	run->started_ns = 1700000000000000000;
	run->taken_ns = 1700000001000000000;
	run->frames_limit = 128;
	run->exit_code = -1;
	run->exit_signal = 9;
	run->ended = true;
	run->complete = false;
	*ARRAY_PUSH(&run->problems) = sample_name(snapshot, "5 events were lost");
	run->peak_size = INT64_MAX;
	run->peak_count = 2;
	run->total_size = INT64_MAX - 1;
	run->total_count = 3;
	run->events = 4;
	run->events_lost = 5;
	run->unknown_frees = 6;
	run->cut_stacks = 7;
	run->tracer_memory = 8;
	*ARRAY_PUSH(&run->follows) = (struct follow){.pid = INT64_MIN,
		.image = UINT32_MAX,
		.program = sample_name(snapshot, "sh"),
		.file = sample_name(snapshot, "a.snap.2"),
		.why = sample_name(snapshot, "it is static")};
}

static void fill_modules(struct snapshot *snapshot)
{
	*ARRAY_PUSH(&snapshot->modules) =
		(struct module){.path = sample_name(snapshot, "/bin/server"),
			.build_id = strings_add_bytes(snapshot->strings, "\0\1\2\3", 4),
			.start = 0x400000,
			.end = 0x500000,
			.loaded_ns = 12,
			.unloaded_ns = 13,
			.names = MODULE_NAMES_DWARF,
			.names_from = sample_name(snapshot, "/usr/lib/debug/x.debug")};
	*ARRAY_PUSH(&snapshot->modules) =
		(struct module){.path = sample_name(snapshot, "/lib/libc.so.6"),
			.start = UINT64_MAX - 1,
			.end = UINT64_MAX,
			.bias = 1ull << 63,
			.names = MODULE_NAMES_SYMTAB,
			.why = sample_name(snapshot, "no debug information")};
}

/* Every table, every column with something to lose in it, both ends of each range. */
struct snapshot *sample_first(void)
{
	struct snapshot *snapshot = snapshot_new();
	struct snapshot_builder builder;
	struct error err = ERROR_INIT;

	fill_run(snapshot);
	fill_modules(snapshot);
	*ARRAY_PUSH(&snapshot->threads) =
		(struct thread){.tid = 8812, .name = sample_name(snapshot, "main")};
	*ARRAY_PUSH(&snapshot->threads) = (struct thread){.tid = INT64_MIN};
	*ARRAY_PUSH(&snapshot->moments) =
		(struct moment){.name = sample_name(snapshot, "exit"), .time_ns = INT64_MAX};
	*ARRAY_PUSH(&snapshot->moments) =
		(struct moment){.name = sample_name(snapshot, "peak"), .rss = INT64_MAX};
	uint32_t own = snapshot_domain(snapshot, 100, "arena");

	builder_init(&builder, snapshot);
	struct frame inlined[] = {
		{.filename = sample_name(snapshot, "a.h"),
			.lineno = UINT32_MAX,
			.function = sample_name(snapshot, "in"),
			.flags = FRAME_INLINED},
		{.filename = sample_name(snapshot, "a\xc3\x28.c"),
			.lineno = 1,
			.function = sample_name(snapshot, "out")},
	};
	struct frame unknown = {
		.filename = sample_name(snapshot, SNAPSHOT_UNKNOWN), .flags = FRAME_NO_LINE};
	struct location places[] = {{.address = 0x401234, .module = 0, .has_address = true},
		{.address = UINT64_MAX, .module = INDEX_NONE, .has_address = true},
		{.module = INDEX_NONE}};
	uint32_t a = builder_location(&builder, &places[0], inlined, 2);
	uint32_t b = builder_location(&builder, &places[1], &unknown, 1);
	uint32_t c = builder_location(&builder, &places[2], &inlined[1], 1);
	uint32_t outer = builder_stack(&builder, 0, a), middle = builder_stack(&builder, outer, b);
	uint32_t traces[] = {
		builder_trace(
			&builder, builder_stack(&builder, middle, c), UINT32_MAX, DOMAIN_MALLOC, 1),
		builder_trace(&builder, builder_stack(&builder, outer, a), 4, own, INDEX_NONE),
		builder_trace(&builder, 0, 0, DOMAIN_MMAP, 0),
	};

	builder_release(&builder);
	snapshot_alloc_counts(snapshot);
	for (size_t i = 0; i < 3; i++) {
		snapshot->traces.items[traces[i]].total_size = i == 0 ? INT64_MAX - 5 : i;
		snapshot->traces.items[traces[i]].total_count = i + 1;
		*snapshot_counts(snapshot, 0, traces[i]) = (struct counts){i * 1000, i};
		*snapshot_counts(snapshot, 1, traces[i]) =
			(struct counts){i == 1 ? INT64_MAX - 2 : 1, 1};
	}
	cr_assert_eq(snapshot_sum(snapshot, &err), 0, "%s", err.text);
	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	return snapshot;
}

struct snapshot *sample_snapshot(void)
{
	struct snapshot *snapshot = sample_first();
	struct error err = ERROR_INIT;

	snapshot->keeps_blocks = true;
	*ARRAY_PUSH(&snapshot->blocks) = (struct block){.address = 0, .size = 0, .trace = 2};
	*ARRAY_PUSH(&snapshot->blocks) = (struct block){.address = UINT64_MAX, .size = INT64_MAX};
	*ARRAY_PUSH(&snapshot->blocks) = (struct block){.address = UINT64_MAX, .trace = 1};
	*ARRAY_PUSH(&snapshot->run.parts) = (struct part){.file = sample_name(snapshot, "a.snap"),
		.command = sample_name(snapshot, "./server -x"),
		.pid = INT64_MIN,
		.image = UINT32_MAX,
		.complete = true,
		.taken_ns = INT64_MAX,
		.live = {INT64_MAX, 1},
		.peak_size = INT64_MAX,
		.peak_count = 2};
	*ARRAY_PUSH(&snapshot->run.parts) = (struct part){.file = sample_name(snapshot, "b.snap")};
	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	return snapshot;
}

struct snapshot *sample_leaks(void)
{
	struct snapshot *snapshot = sample_snapshot();
	struct error err = ERROR_INIT;

	snapshot->keeps_leaks = true;
	snapshot_add_leak(snapshot, 2, LEAK_DEFINITE, (struct counts){INT64_MAX - 25, 1});
	snapshot_add_leak(snapshot, 0, LEAK_REACHABLE, (struct counts){10, 2});
	snapshot_add_leak(snapshot, 0, LEAK_DEFINITE, (struct counts){0, 3});
	snapshot_add_leak(snapshot, 0, LEAK_REACHABLE, (struct counts){15, 4});
	snapshot_sort_leaks(snapshot);
	cr_assert_eq(snapshot->leaks.count, 3);
	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	return snapshot;
}

struct snapshot *sample_lives(void)
{
	struct snapshot *snapshot = sample_leaks();
	struct error err = ERROR_INIT;

	snapshot_alloc_lives(snapshot);
	snapshot->lives.items[0] = (struct life){{INT64_MAX - 5, 1}, {INT64_MAX, 1}, 1, 1, INT64_MAX};
	snapshot->lives.items[2] = (struct life){{1, 2}, {0, 3}, 0, 3, 0};
	*ARRAY_PUSH(&snapshot->lifetimes) = (struct lifetime){63, {INT64_MAX - 1, 1}};
	*ARRAY_PUSH(&snapshot->lifetimes) = (struct lifetime){0, {1, 1}};
	*ARRAY_PUSH(&snapshot->lifetimes) = (struct lifetime){0, {0, 2}};
	snapshot_sort_lifetimes(snapshot);
	snapshot->keeps_sizes = true;
	*ARRAY_PUSH(&snapshot->sizes) = (struct size_class){2, 4, 4, {2, 2}, {1999, 1}};
	*ARRAY_PUSH(&snapshot->sizes) = (struct size_class){0, INT64_MAX - 1, INT64_MAX, {INT64_MAX - 5, 1}, {0, 0}};
	*ARRAY_PUSH(&snapshot->sizes) = (struct size_class){2, 0, 0, {0, 1}, {1, 1}};
	*ARRAY_PUSH(&snapshot->sizes) = (struct size_class){1, 1025, 1025, {1, 1}, {0, 0}};
	*ARRAY_PUSH(&snapshot->sizes) = (struct size_class){1, 2048, 2048, {0, 1}, {1000, 1}};
	snapshot_sort_sizes(snapshot);
	*ARRAY_PUSH(&snapshot->timeline) = (struct point){0, {0, 0}, 0, 0};
	*ARRAY_PUSH(&snapshot->timeline) = (struct point){INT64_MAX, {1, INT64_MAX}, INT64_MAX, INT64_MAX};
	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	return snapshot;
}

struct buffer sample_file(void)
{
	struct snapshot *snapshot = sample_lives();
	struct buffer file = {0};

	snapshot_encode(snapshot, &file);
	snapshot_free(snapshot);
	return file;
}

#define SAME_TABLE(a, b, table)                                                                    \
	do {                                                                                       \
		cr_assert_eq((a)->table.count, (b)->table.count, #table);                          \
		for (size_t row_ = 0; row_ < (a)->table.count; row_++)                             \
			cr_assert_eq(memcmp(&(a)->table.items[row_], &(b)->table.items[row_],      \
					     sizeof((a)->table.items[row_])),                      \
				0, #table " %zu", row_);                                           \
	} while (0)

/* Byte for byte: arrays are zeroed before they are filled, so padding is no difference. */
void assert_same_snapshot(const struct snapshot *a, const struct snapshot *b)
{
	struct run run_a = a->run, run_b = b->run;

	cr_assert_eq(strings_count(a->strings), strings_count(b->strings));
	for (uint32_t id = 0; id < strings_count(a->strings); id++) {
		size_t size = strings_size(a->strings, id);

		cr_assert_eq(size, strings_size(b->strings, id));
		cr_assert_eq(
			memcmp(strings_get(a->strings, id), strings_get(b->strings, id), size), 0);
	}
	SAME_TABLE(a, b, run.command);
	SAME_TABLE(a, b, run.problems);
	SAME_TABLE(a, b, run.follows);
	SAME_TABLE(a, b, moments);
	SAME_TABLE(a, b, threads);
	SAME_TABLE(a, b, domains);
	SAME_TABLE(a, b, modules);
	SAME_TABLE(a, b, frames);
	SAME_TABLE(a, b, locations);
	SAME_TABLE(a, b, stacks);
	SAME_TABLE(a, b, traces);
	cr_assert_eq(a->keeps_blocks, b->keeps_blocks);
	SAME_TABLE(a, b, blocks);
	cr_assert_eq(a->keeps_leaks, b->keeps_leaks);
	SAME_TABLE(a, b, leaks);
	cr_assert_eq(a->keeps_lives, b->keeps_lives);
	SAME_TABLE(a, b, lives);
	SAME_TABLE(a, b, lifetimes);
	cr_assert_eq(a->keeps_sizes, b->keeps_sizes);
	SAME_TABLE(a, b, sizes);
	SAME_TABLE(a, b, timeline);
	SAME_TABLE(a, b, run.parts);
	cr_assert_eq(!a->counts, !b->counts);
	if (a->counts)
		cr_assert_eq(memcmp(a->counts, b->counts,
				     a->moments.count * a->traces.count * sizeof(*a->counts)),
			0);
	memset(&run_a.command, 0, sizeof(run_a.command));
	memset(&run_b.command, 0, sizeof(run_b.command));
	memset(&run_a.problems, 0, sizeof(run_a.problems));
	memset(&run_b.problems, 0, sizeof(run_b.problems));
	memset(&run_a.follows, 0, sizeof(run_a.follows));
	memset(&run_b.follows, 0, sizeof(run_b.follows));
	memset(&run_a.parts, 0, sizeof(run_a.parts));
	memset(&run_b.parts, 0, sizeof(run_b.parts));
	cr_assert_eq(memcmp(&run_a, &run_b, sizeof(run_a)), 0, "run");
}

void assert_refused(struct buffer *file, const char *line)
{
	struct error err = ERROR_INIT;

	cr_assert_null(snapshot_decode(file->data, file->size, &err), "instead of: %s", line);
	cr_assert_str_eq(err.text, line);
	cr_assert_eq(err.status, EXIT_BAD_INPUT);
	buffer_free(file);
}
