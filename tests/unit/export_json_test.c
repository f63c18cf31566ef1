/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Export and import lose nothing, in both directions. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "printed.h"
#include "report/import_json.h"
#include "sample_snapshot.h"

static struct snapshot *again(const struct snapshot *snapshot)
{
	char *text = exported(snapshot, "json", NULL, METRIC_SIZE);
	struct error err = ERROR_INIT;
	struct snapshot *copy = import_json(text, strlen(text), &err);

	cr_assert(copy, "%s: %s", err.text, text);
	free(text);
	return copy;
}

static void assert_same_name(
	const struct snapshot *a, string_id x, const struct snapshot *b, string_id y)
{
	cr_assert_eq(strings_size(a->strings, x), strings_size(b->strings, y));
	cr_assert_arr_eq(strings_get(a->strings, x), strings_get(b->strings, y),
		strings_size(a->strings, x));
}

static void assert_same_run(const struct snapshot *a, const struct snapshot *b)
{
	const struct run *x = &a->run, *y = &b->run;
	struct run plain_x = *x, plain_y = *y;

	cr_assert_eq(x->command.count, y->command.count);
	for (size_t i = 0; i < x->command.count; i++)
		assert_same_name(a, x->command.items[i], b, y->command.items[i]);
	cr_assert_eq(x->problems.count, y->problems.count);
	for (size_t i = 0; i < x->problems.count; i++)
		assert_same_name(a, x->problems.items[i], b, y->problems.items[i]);
	cr_assert_eq(x->follows.count, y->follows.count);
	for (size_t i = 0; i < x->follows.count; i++) {
		cr_assert_eq(x->follows.items[i].pid, y->follows.items[i].pid);
		cr_assert_eq(x->follows.items[i].image, y->follows.items[i].image);
		assert_same_name(a, x->follows.items[i].program, b, y->follows.items[i].program);
		assert_same_name(a, x->follows.items[i].file, b, y->follows.items[i].file);
		assert_same_name(a, x->follows.items[i].why, b, y->follows.items[i].why);
	}
	assert_same_name(a, x->executable, b, y->executable);
	assert_same_name(a, x->directory, b, y->directory);
	assert_same_name(a, x->host, b, y->host);
	assert_same_name(a, x->version, b, y->version);
	/* What is left are numbers: the same but for what was compared above. */
	memset(&plain_x.command, 0, sizeof(plain_x.command));
	memset(&plain_y.command, 0, sizeof(plain_y.command));
	memset(&plain_x.problems, 0, sizeof(plain_x.problems));
	memset(&plain_y.problems, 0, sizeof(plain_y.problems));
	memset(&plain_x.follows, 0, sizeof(plain_x.follows));
	memset(&plain_y.follows, 0, sizeof(plain_y.follows));
	memset(&plain_x.parts, 0, sizeof(plain_x.parts));
	memset(&plain_y.parts, 0, sizeof(plain_y.parts));
	plain_x.executable = plain_x.directory = plain_x.host = plain_x.version = 0;
	plain_y.executable = plain_y.directory = plain_y.host = plain_y.version = 0;
	cr_assert_eq(memcmp(&plain_x, &plain_y, sizeof(plain_x)), 0);
}

static void assert_same_parts(const struct snapshot *a, const struct snapshot *b)
{
	cr_assert_eq(a->run.parts.count, b->run.parts.count);
	for (size_t i = 0; i < a->run.parts.count; i++) {
		struct part x = a->run.parts.items[i], y = b->run.parts.items[i];

		assert_same_name(a, x.file, b, y.file);
		assert_same_name(a, x.command, b, y.command);
		x.file = x.command = y.file = y.command = 0;
		cr_assert_eq(memcmp(&x, &y, sizeof(x)), 0);
	}
}

static void assert_same_blocks(const struct snapshot *a, const struct snapshot *b)
{
	cr_assert_eq(a->keeps_blocks, b->keeps_blocks);
	cr_assert_eq(a->blocks.count, b->blocks.count);
	for (size_t i = 0; i < a->blocks.count; i++) {
		cr_assert_eq(a->blocks.items[i].address, b->blocks.items[i].address);
		cr_assert_eq(a->blocks.items[i].size, b->blocks.items[i].size);
		cr_assert_eq(a->blocks.items[i].trace, b->blocks.items[i].trace);
	}
}

static void assert_same_leaks(const struct snapshot *a, const struct snapshot *b)
{
	cr_assert_eq(a->keeps_leaks, b->keeps_leaks);
	cr_assert_eq(a->leaks.count, b->leaks.count);
	for (size_t i = 0; i < a->leaks.count; i++)
		cr_assert_eq(memcmp(&a->leaks.items[i], &b->leaks.items[i], sizeof(struct leak)), 0);
}

#define SAME_ROWS(a, b, table)                                                                                         \
	do {                                                                                                           \
		cr_assert_eq((a)->table.count, (b)->table.count);                                                      \
		for (size_t i_ = 0; i_ < (a)->table.count; i_++)                                                       \
			cr_assert_eq(memcmp(&(a)->table.items[i_], &(b)->table.items[i_], sizeof *(a)->table.items), 0); \
	} while (0)

static void assert_same_lives(const struct snapshot *a, const struct snapshot *b)
{
	cr_assert_eq(a->keeps_lives, b->keeps_lives);
	cr_assert_eq(a->keeps_sizes, b->keeps_sizes);
	SAME_ROWS(a, b, lives);
	SAME_ROWS(a, b, lifetimes);
	SAME_ROWS(a, b, sizes);
	SAME_ROWS(a, b, timeline);
}

static void assert_same_modules(const struct snapshot *a, const struct snapshot *b)
{
	cr_assert_eq(a->modules.count, b->modules.count);
	for (size_t i = 0; i < a->modules.count; i++) {
		const struct module *x = &a->modules.items[i], *y = &b->modules.items[i];

		assert_same_name(a, x->path, b, y->path);
		assert_same_name(a, x->build_id, b, y->build_id);
		assert_same_name(a, x->names_from, b, y->names_from);
		assert_same_name(a, x->why, b, y->why);
		cr_assert_eq(x->start, y->start);
		cr_assert_eq(x->end, y->end);
		cr_assert_eq(x->bias, y->bias);
		cr_assert_eq(x->loaded_ns, y->loaded_ns);
		cr_assert_eq(x->unloaded_ns, y->unloaded_ns);
		cr_assert_eq(x->names, y->names);
	}
}

static void assert_same_tables(const struct snapshot *a, const struct snapshot *b)
{
	cr_assert_eq(a->moments.count, b->moments.count);
	for (size_t i = 0; i < a->moments.count; i++) {
		assert_same_name(a, a->moments.items[i].name, b, b->moments.items[i].name);
		cr_assert_eq(a->moments.items[i].time_ns, b->moments.items[i].time_ns);
		cr_assert_eq(a->moments.items[i].rss, b->moments.items[i].rss);
		cr_assert_eq(a->moments.items[i].live.size, b->moments.items[i].live.size);
		cr_assert_eq(a->moments.items[i].live.count, b->moments.items[i].live.count);
	}
	cr_assert_eq(a->domains.count, b->domains.count);
	for (size_t i = 0; i < a->domains.count; i++) {
		cr_assert_eq(a->domains.items[i].id, b->domains.items[i].id);
		assert_same_name(a, a->domains.items[i].name, b, b->domains.items[i].name);
	}
	cr_assert_eq(a->threads.count, b->threads.count);
	for (size_t i = 0; i < a->threads.count; i++) {
		cr_assert_eq(a->threads.items[i].tid, b->threads.items[i].tid);
		assert_same_name(a, a->threads.items[i].name, b, b->threads.items[i].name);
	}
	assert_same_modules(a, b);
	assert_same_parts(a, b);
	assert_same_blocks(a, b);
	assert_same_leaks(a, b);
	assert_same_lives(a, b);
}

/* Stacks by what they are: indexes may differ. */
static void assert_same_stack(
	const struct snapshot *a, uint32_t x, const struct snapshot *b, uint32_t y)
{
	for (; x && y; x = a->stacks.items[x].parent, y = b->stacks.items[y].parent) {
		const struct location *p = &a->locations.items[a->stacks.items[x].location];
		const struct location *q = &b->locations.items[b->stacks.items[y].location];

		cr_assert_eq(p->address, q->address);
		cr_assert_eq(p->module, q->module);
		cr_assert_eq(p->has_address, q->has_address);
		cr_assert_eq(p->n_frames, q->n_frames);
		for (uint32_t i = 0; i < p->n_frames; i++) {
			const struct frame *f = &a->frames.items[p->first_frame + i];
			const struct frame *g = &b->frames.items[q->first_frame + i];

			assert_same_name(a, f->filename, b, g->filename);
			assert_same_name(a, f->function, b, g->function);
			cr_assert_eq(f->lineno, g->lineno);
			cr_assert_eq(f->flags, g->flags);
		}
	}
	cr_assert_eq(x, y);
}

static void assert_same(const struct snapshot *a, const struct snapshot *b)
{
	assert_same_run(a, b);
	assert_same_tables(a, b);
	cr_assert_eq(a->traces.count, b->traces.count);
	for (size_t i = 0; i < a->traces.count; i++) {
		const struct trace *x = &a->traces.items[i], *y = &b->traces.items[i];

		cr_assert_eq(x->total_nframe, y->total_nframe);
		cr_assert_eq(x->domain, y->domain);
		cr_assert_eq(x->thread, y->thread);
		cr_assert_eq(x->total_size, y->total_size);
		cr_assert_eq(x->total_count, y->total_count);
		for (size_t k = 0; k < a->moments.count; k++)
			cr_assert_eq(memcmp(snapshot_counts(a, k, i), snapshot_counts(b, k, i),
					     sizeof(struct counts)),
				0);
		assert_same_stack(a, x->stack, b, y->stack);
	}
}

/* The sample, whose numbers are the ends of their ranges, with sums that a document may give. */
static struct snapshot *consistent_sample(void)
{
	struct snapshot *snapshot = sample_lives();
	struct run *run = &snapshot->run;
	struct error err = ERROR_INIT;

	*snapshot_counts(snapshot, 0, 0) = (struct counts){INT64_MAX, INT64_MAX};
	*snapshot_counts(snapshot, 0, 1) = *snapshot_counts(snapshot, 0, 2) = (struct counts){0, 0};
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		snapshot->traces.items[i].total_size = snapshot_counts(snapshot, 0, i)->size;
		snapshot->traces.items[i].total_count = snapshot_counts(snapshot, 0, i)->count;
	}
	snapshot->sizes.count = 1;
	snapshot->sizes.items[0].total = snapshot->sizes.items[0].live = *snapshot_counts(snapshot, 0, 0);
	snapshot->lives.items[2] = (struct life){{0, 0}, {0, 0}, 0, 0, 0};
	snapshot->lifetimes.items[0] = snapshot->lifetimes.items[--snapshot->lifetimes.count];
	cr_assert_eq(snapshot_sum(snapshot, &err), 0, "%s", err.text);
	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	run->total_size = run->total_count = INT64_MAX;
	run->peak_size = snapshot->moments.items[1].live.size;
	run->peak_count = snapshot->moments.items[1].live.count;
	return snapshot;
}

Test(export_json, a_snapshot_comes_back_whole)
{
	struct snapshot *snapshot = consistent_sample(), *copy = again(snapshot);

	assert_same(snapshot, copy);
	snapshot_free(snapshot);
	snapshot_free(copy);
}

Test(export_json, the_golden_documents_come_back_whole)
{
	struct snapshot *snapshot = imported_file("tests/golden/old.json"), *copy = again(snapshot);
	char *text = exported(snapshot, "json", NULL, METRIC_SIZE);

	assert_same(snapshot, copy);
	assert_text(exported(copy, "json", NULL, METRIC_SIZE), text);
	free(text);
	snapshot_free(snapshot);
	snapshot_free(copy);
}

/* Two modules of one path; frames whose "no line" no reader could guess. */
Test(export_json, what_needs_keys_of_its_own)
{
	struct snapshot *snapshot = imported(
		"{'schema': 'memtrace-snapshot/1', 'modules': [{'path': '/x.so', 'start': '0x1', 'end': '0x1'}, "
		"{'path': '/x.so', 'start': '0xffffffffffffffff', 'end': "
		"'0xffffffffffffffff'}], 'traces': ["
		"{'size': 1, 'count': 1, 'frames': [{'filename': '/x.so', 'lineno': 0, 'module': "
		"'/x.so', 'module_index': 1, 'no_line': false}, {'filename': 'a.c', 'lineno': 5, "
		"'module': '/x.so', 'no_line': true, 'address': '0x0'}]}]}");
	struct snapshot *copy = again(snapshot);

	assert_same(snapshot, copy);
	cr_assert_eq(copy->modules.count, 2);
	cr_assert_eq(copy->locations.items[1].module, 1);
	cr_assert_eq(copy->frames.items[1].flags, 0);
	cr_assert_eq(copy->frames.items[0].flags, FRAME_NO_LINE);
	cr_assert(copy->locations.items[0].has_address);
	snapshot_free(snapshot);
	snapshot_free(copy);
}

/* Labels that no key can be, and labels that come twice. */
Test(export_json, moments_of_any_name)
{
	struct snapshot *snapshot = imported(
		"{'schema': 'memtrace-snapshot/1', 'moments': [{'name': 'exit'}, {'name': 'a'}, "
		"{'name': 'a'}, {'name': '?', 'name_bytes': '/w=='}], 'traces': [{'size': 1, "
		"'count': "
		"1, 'frames': [], 'moments': {'a': {'size': 2, 'count': 1}, '#2': {'size': 3, "
		"'count': 1}, '#3': {'size': 4, 'count': 1}}}]}");
	struct snapshot *copy = again(snapshot);

	cr_assert_eq(snapshot->moments.count, 4);
	cr_assert_eq(snapshot->moments.items[2].live.size, 3);
	cr_assert_eq(snapshot->moments.items[3].live.size, 4);
	assert_same(snapshot, copy);
	snapshot_free(snapshot);
	snapshot_free(copy);
}

Test(export_json, folded_weighs_what_is_asked)
{
	struct snapshot *snapshot = imported(
		"{'schema': 'memtrace-snapshot/1', 'traces': [{'size': 5, 'count': 2, "
		"'total_size': 9, "
		"'total_count': 7, 'frames': [{'filename': 'a;b.c', 'lineno': 1}, {'filename': "
		"'m.c', "
		"'lineno': 2, 'function': 'm'}]}, {'size': 1, 'count': 1, 'domain': 1, 'frames': "
		"[{'filename': 'a;b.c', 'lineno': 1}, {'filename': 'x.c', 'lineno': 9, 'function': "
		"'m'}]}, {'size': 0, 'count': 1, 'frames': [['z.c', 1]]}]}");

	assert_text(exported(snapshot, "folded", NULL, METRIC_SIZE), "m;a:b.c:1 6\n");
	assert_text(exported(snapshot, "folded", NULL, METRIC_COUNT), "m;a:b.c:1 3\nz.c:1 1\n");
	assert_text(exported(snapshot, "folded", NULL, METRIC_TOTAL_SIZE), "m;a:b.c:1 10\n");
	assert_text(
		exported(snapshot, "folded", NULL, METRIC_TOTAL_COUNT), "m;a:b.c:1 8\nz.c:1 1\n");
	snapshot_free(snapshot);
}
