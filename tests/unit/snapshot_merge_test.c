/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merging: what becomes one, what stays apart, and where a sum ends. */
#include <criterion/criterion.h>
#include <string.h>
#include "model/snapshot_merge.h"
#include "printed.h"
#include "sample_snapshot.h"

static struct snapshot *merged(const struct snapshot *a, const struct snapshot *b)
{
	struct merge_source sources[] = {{a, "a.snap"}, {b, "b.snap"}};
	struct merge_notes notes = {{0}};
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
	cr_assert_eq(both->traces.count, 1);
	cr_assert_eq(both->traces.items[0].total_size, 60);
	cr_assert_eq(both->traces.items[0].total_count, 10);
	cr_assert_eq(snapshot_counts(both, 0, 0)->size, 20);
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
	struct merge_notes notes = {{0}};
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
	struct merge_notes notes = {{0}};
	struct error err = ERROR_INIT;

	cr_assert_null(snapshot_merge(sources, 3, &notes, &err));
	cr_assert_str_eq(err.text, "the snapshots add up to more than 2^63 - 1");
	merge_notes_release(&notes);
	snapshot_free(sample);
}
