/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merging: what becomes one, what stays apart, and where a sum ends. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "model/snapshot_merge.h"
#include "printed.h"
#include "sample_snapshot.h"

static struct snapshot *merged(const struct snapshot *a, const struct snapshot *b)
{
	struct merge_source sources[] = {{a, "a.snap"}, {b, "b.snap"}};
	struct merge_notes notes = {.only_wrong = false};
	struct error err = ERROR_INIT;
	struct snapshot *snapshot = snapshot_merge(sources, 2, &notes, &err);

	merge_notes_release(&notes);
	cr_assert(snapshot, "%s", err.text);
	return snapshot;
}

#define DOC(modules, frame, more)                                                                  \
	"{'schema': 'memtrace-snapshot/1', 'modules': [" modules "], 'traces': ["                  \
	"{'size': 10, 'count': 2, 'total_size': 30, 'total_count': 5, 'frames': [" frame "]}" more \
	"]}"
#define MODULE(build, bias)                                                                        \
	"{'path': '/bin/x', 'build_id': '" build "', 'start': '" bias                              \
	"', 'end': '0x900000', 'bias': '" bias "', 'names': 'symtab'}"
#define FRAME(address)                                                                             \
	"{'filename': 'a.c', 'lineno': 1, 'function': 'f', 'module': '/bin/x', "                   \
	"'module_index': 0, 'address': '" address "'}"

Test(snapshot_merge, the_same_place_of_two_processes_is_one)
{
	struct snapshot *a = imported(DOC(MODULE("aa", "0x1000"), FRAME("0x10"), ""));
	struct snapshot *b = imported(DOC(MODULE("aa", "0x2000"), FRAME("0x10"), ""));
	struct snapshot *both = merged(a, b);

	cr_assert_eq(both->modules.count, 1);
	cr_assert_eq(both->modules.items[0].start, 0, "it lay in two places");
	cr_assert_eq(both->modules.items[0].names, MODULE_NAMES_SYMTAB);
	cr_assert_eq(both->locations.count, 1);
	cr_assert_eq(both->stacks.count, 2);
	cr_assert_eq(both->traces.count, 2, "of each process one");
	for (uint32_t i = 0; i < 2; i++) {
		cr_assert_eq(both->traces.items[i].part, i + 1);
		cr_assert_eq(both->traces.items[i].total_size, 30);
		cr_assert_eq(snapshot_counts(both, 0, i)->size, 10);
	}
	cr_assert_eq(both->moments.items[0].live.count, 4);
	cr_assert_eq(both->run.total_size, 60);
	cr_assert_eq(both->run.parts.count, 2);
	cr_assert_str_eq(strings_get(both->strings, both->run.parts.items[1].file), "b.snap");
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(both);
}

Test(snapshot_merge, another_build_is_another_place)
{
	struct snapshot *a = imported(DOC(MODULE("aa", "0x1000"), FRAME("0x10"), ""));
	struct snapshot *b = imported(DOC(MODULE("bb", "0x1000"), FRAME("0x10"), ""));
	struct snapshot *c = imported(DOC(MODULE("aa", "0x1000"), FRAME("0x20"), ""));
	struct snapshot *ab = merged(a, b), *ac = merged(a, c);

	cr_assert_eq(ab->modules.count, 2);
	cr_assert_eq(ab->traces.count, 2);
	cr_assert_eq(ac->modules.count, 1);
	cr_assert_eq(ac->modules.items[0].start, 0x1000);
	cr_assert_eq(ac->traces.count, 2);
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(c);
	snapshot_free(ab);
	snapshot_free(ac);
}

/* Stacks of another numbering, an empty one, inlined frames, threads: nothing is lost or mixed. */
Test(snapshot_merge, all_tables_are_carried_over)
{
	struct snapshot *sample = sample_lives();
	struct merge_source source = {sample, "a.snap"};
	struct merge_notes notes = {.only_wrong = false};
	struct error err = ERROR_INIT;
	struct snapshot *one = snapshot_merge(&source, 1, &notes, &err);

	cr_assert(one, "%s", err.text);
	cr_assert_eq(notes.all.count, 1, "the blocks are left out");
	cr_assert_not(one->keeps_blocks);
	cr_assert(one->keeps_leaks);
	cr_assert_eq(one->leaks.count, sample->leaks.count);
	cr_assert(one->keeps_lives && one->keeps_sizes);
	cr_assert_eq(one->lifetimes.count, sample->lifetimes.count);
	cr_assert_eq(one->sizes.count, sample->sizes.count);
	cr_assert_eq(one->timeline.count, sample->timeline.count);
	cr_assert_eq(one->traces.count, sample->traces.count);
	cr_assert_eq(one->stacks.count, sample->stacks.count);
	cr_assert_eq(one->locations.count, sample->locations.count);
	cr_assert_eq(one->frames.count, sample->frames.count);
	cr_assert_eq(one->threads.count, sample->threads.count);
	cr_assert_eq(one->domains.count, sample->domains.count);
	cr_assert_eq(one->modules.count, sample->modules.count);
	cr_assert_eq(one->run.peak_size, sample->run.peak_size);
	cr_assert_eq(one->run.parts.count, sample->run.parts.count, "parts of parts are parts");
	for (size_t moment = 0; moment < 2; moment++)
		cr_assert_eq(memcmp(&one->moments.items[moment].live,
				     &sample->moments.items[moment].live, sizeof(struct counts)),
			0);
	merge_notes_release(&notes);
	snapshot_free(sample);
	snapshot_free(one);
}

Test(snapshot_merge, a_sum_over_the_limit_is_an_error)
{
	struct snapshot *sample = sample_first();
	struct merge_source sources[] = {{sample, "a"}, {sample, "b"}, {sample, "c"}};
	struct merge_notes notes = {.only_wrong = false};
	struct error err = ERROR_INIT;

	cr_assert_null(snapshot_merge(sources, 3, &notes, &err));
	cr_assert_str_eq(err.text, "the snapshots add up to more than 2^63 - 1");
	merge_notes_release(&notes);
	snapshot_free(sample);
}

static struct snapshot *process(const char *times, int peak)
{
	char *text = xasprintf("{'schema': 'memtrace-snapshot/1', 'run': {'pid': 7, 'command': ['/bin/a', 'b'], %s 'peak_size': %d},"
			       "'moments': [{'name': 'exit'}], 'traces': [{'size': %d, 'count': 1, 'frames': []}]}",
		times, peak, peak);
	struct snapshot *snapshot = imported(text);

	free(text);
	return snapshot;
}

/* Two ran at one time, the third when they had ended, just then. */
Test(snapshot_merge, joint_peak)
{
	struct snapshot *a = process("'started_ns': 10, 'taken_ns': 20,", 100), *b = process("'started_ns': 15, 'taken_ns': 30,", 50);
	struct snapshot *c = process("'started_ns': 31, 'taken_ns': 40,", 120), *d = process("", 1000);
	struct snapshot *ab = merged(a, b), *abc = merged(ab, c), *abcd = merged(abc, d);
	struct snapshot *unknown = imported(DOC("", "['a.c', 1]", "")), *none = merged(ab, unknown);
	uint64_t least, most;

	cr_assert(!snapshot_joint_peak(a, &least, &most), "it was not merged");
	cr_assert(snapshot_joint_peak(ab, &least, &most));
	cr_assert(least == 100 && most == 150, "%ld %ld", (long)least, (long)most);
	cr_assert(snapshot_joint_peak(abc, &least, &most));
	cr_assert(least == 120 && most == 150, "%ld %ld", (long)least, (long)most);
	cr_assert_eq(abc->run.parts.items[2].started_ns, 31);
	cr_assert_eq(abc->traces.items[2].part, 3);
	/* Of which nobody knows when it ran may have been there always. */
	cr_assert(snapshot_joint_peak(abcd, &least, &most));
	cr_assert(least == 1000 && most == 1150, "%ld %ld", (long)least, (long)most);
	cr_assert_eq(abcd->run.peak_size, 1270);
	cr_assert(!snapshot_joint_peak(none, &least, &most), "a peak that nobody knows");
	struct snapshot *all[] = {a, b, c, d, ab, abc, abcd, unknown, none};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		snapshot_free(all[i]);
}

/* Of whom each trace is, and when it began, survive a file and a document. */
Test(snapshot_merge, parts_are_kept)
{
	struct snapshot *a = process("'started_ns': 10, 'taken_ns': 20,", 100), *b = process("'started_ns': 5, 'taken_ns': 30,", 50);
	struct snapshot *ab = merged(a, b), *read, *again;
	struct error err = ERROR_INIT;
	struct buffer file = {0};
	char *document;

	snapshot_encode(ab, &file);
	read = snapshot_decode(file.data, file.size, &err);
	cr_assert(read, "%s", err.text);
	assert_same_snapshot(ab, read);
	document = exported(ab, "json", NULL, METRIC_SIZE);
	again = imported(document);
	for (uint32_t i = 0; i < 2; i++) {
		cr_assert_eq(again->traces.items[i].part, i + 1);
		cr_assert_eq(again->run.parts.items[i].started_ns, i ? 5 : 10);
	}
	ab->traces.items[0].part = 3;
	cr_assert_eq(snapshot_check(ab, &err), -1);
	cr_assert_str_eq(err.text, "trace 0 is of a part that is not there");
	buffer_free(&file);
	free(document);
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(ab);
	snapshot_free(read);
	snapshot_free(again);
}

/* A row a process, or a program; who is of no known part is unknown. */
Test(snapshot_merge, rows_by_process)
{
	struct snapshot *a = process("", 100), *b = process("'image': 2,", 50), *ab = merged(a, b), *other = merged(ab, ab);
	struct query query = QUERY_INIT;

	query.by = BY_PROCESS;
	assert_text(top_text(a, &query, "text"), "process 7 (/bin/a b): size=100 B, count=1, average=100 B\n");
	assert_text(top_text(ab, &query, "text"), "process 7 (/bin/a b): size=100 B, count=1, average=100 B\n"
						  "process 7, image 2 (/bin/a b): size=50 B, count=1, average=50 B\n");
	ab->traces.items[1].part = 0;
	assert_text(top_text(ab, &query, "text"), "process 7 (/bin/a b): size=100 B, count=1, average=100 B\n"
						  "<unknown>: size=50 B, count=1, average=50 B\n");
	query.by = BY_PROGRAM;
	assert_text(top_text(other, &query, "text"), "a: size=300 B, count=4, average=75 B\n");
	assert_text(diff_text(a, b, &query, "text"), "a: size=50 B (-50 B), count=1 (+0), average=50 B\n");
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(ab);
	snapshot_free(other);
}

#define MEMORY(more) "{'schema': 'memtrace-snapshot/1', 'traces': [], 'moments': [{'name': 'exit', 'memory': {'resident': 100, " more "}}]}"

/* Resident memory adds up where it is known of both, kind by kind; it survives a file; its parts are all of it. */
Test(snapshot_merge, resident_memory)
{
	struct snapshot *a = imported(MEMORY("'allocator': 60, 'files': 40, 'requested': 7, 'usable': 9, 'age_ns': 5"));
	struct snapshot *b = imported(MEMORY("'allocator': 70, 'stacks': 30, 'requested': 1, 'age_ns': 8"));
	struct snapshot *none = imported("{'schema': 'memtrace-snapshot/1', 'traces': []}");
	struct snapshot *ab, *unknown = merged(a, none), *read;
	struct error err = ERROR_INIT;
	struct buffer file = {0};
	uint64_t size;

	for (int kind = MEMORY_RESIDENT + 1; kind < MEMORY_PARTS_END; kind++) {
		if (!snapshot_memory(a, 0, kind, &size))
			snapshot_add_memory(a, 0, kind, 0);
		if (!snapshot_memory(b, 0, kind, &size))
			snapshot_add_memory(b, 0, kind, 0);
	}
	snapshot_sort_memory(a);
	snapshot_sort_memory(b);
	ab = merged(a, b);
	cr_assert(snapshot_memory(ab, 0, MEMORY_RESIDENT, &size) && size == 200);
	cr_assert(snapshot_memory(ab, 0, MEMORY_ALLOCATOR, &size) && size == 130);
	cr_assert(snapshot_memory(ab, 0, MEMORY_FILES, &size) && size == 40);
	cr_assert(snapshot_memory(ab, 0, MEMORY_AGE_NS, &size) && size == 8);
	cr_assert(!snapshot_memory(ab, 0, MEMORY_USABLE, &size), "of one it is not known");
	cr_assert_eq(unknown->memory.count, 0);
	snapshot_encode(ab, &file);
	read = snapshot_decode(file.data, file.size, &err);
	cr_assert(read && read->memory.count == ab->memory.count, "%s", err.text);
	cr_assert_eq(memcmp(read->memory.items, ab->memory.items, ab->memory.count * sizeof(*ab->memory.items)), 0);
	ab->memory.items[1].size++;
	cr_assert_eq(snapshot_check(ab, &err), -1);
	cr_assert_str_eq(err.text, "memory 0 is not the sum of its parts");
	ab->memory.items[1].size--;
	ab->memory.items[0].moment = 1;
	cr_assert_eq(snapshot_check(ab, &err), -1);
	cr_assert_str_eq(err.text, "memory 0 is of a moment that is not there");
	buffer_free(&file);
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(ab);
	snapshot_free(none);
	snapshot_free(unknown);
	snapshot_free(read);
}
