/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots in memory: moments and domains are found, and the check tells every breach of an
 * invariant. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "sample_snapshot.h"

Test(snapshot, a_sum_over_the_range_is_an_error)
{
	struct snapshot *snapshot = sample_snapshot();
	struct error err = ERROR_INIT;
	struct buffer file = {0};

	snapshot_counts(snapshot, 1, 0)->size += 1;
	cr_assert_eq(snapshot_sum(snapshot, &err), -1);
	cr_assert_str_eq(err.text, "the blocks of moment 'peak' add up to more than 2^63 - 1");
	snapshot_encode(snapshot, &file);
	assert_refused(&file, "corrupt: the blocks of moment 'peak' add up to more than 2^63 - 1");
	snapshot_counts(snapshot, 1, 0)->size = UINT64_MAX;
	snapshot_encode(snapshot, &file);
	assert_refused(&file, "corrupt: the blocks of moment 'peak' add up to more than 2^63 - 1");
	snapshot_counts(snapshot, 1, 0)->size = 0;
	snapshot->traces.items[1].total_size = 10;
	snapshot_encode(snapshot, &file);
	assert_refused(&file, "corrupt: the totals of the traces add up to more than 2^63 - 1");
	snapshot_free(snapshot);
}

/* Each breach of an invariant, made in a good snapshot, must be told by the check and by the reader
 * of its file. */
#define BREACH(change, line)                                                                       \
	do {                                                                                       \
		struct snapshot *s = sample_snapshot();                                            \
		struct error err_ = ERROR_INIT;                                                    \
		struct buffer file_ = {0};                                                         \
                                                                                                   \
		change;                                                                            \
		cr_assert_eq(snapshot_check(s, &err_), -1, "%s", line);                            \
		cr_assert_str_eq(err_.text, line);                                                 \
		snapshot_encode(s, &file_);                                                        \
		assert_refused(&file_, "corrupt: " line);                                          \
		snapshot_free(s);                                                                  \
	} while (0)

static void add_leak(struct snapshot *snapshot, uint32_t trace, enum leak_kind kind, uint64_t size)
{
	snapshot->keeps_leaks = true;
	snapshot_add_leak(snapshot, trace, kind, (struct counts){size, 1});
}

Test(snapshot, leaks_are_found_by_trace_and_kind)
{
	struct snapshot *snapshot = sample_leaks();

	cr_assert_eq(snapshot_leak(snapshot, 0, LEAK_REACHABLE).size, 25);
	cr_assert_eq(snapshot_leak(snapshot, 0, LEAK_REACHABLE).count, 6);
	cr_assert_eq(snapshot_leak(snapshot, 0, LEAK_DEFINITE).count, 3);
	cr_assert_eq(snapshot_leak(snapshot, 0, LEAK_POSSIBLE).count, 0);
	cr_assert_eq(snapshot_leak(snapshot, 1, LEAK_DEFINITE).count, 0);
	snapshot_free(snapshot);
}

Test(snapshot, indexes_stay_inside)
{
	uint32_t far = 1000;

	BREACH(s->run.host = far, "run names string 1000, which is not there");
	BREACH(s->run.events = UINT64_MAX, "run holds a number over 2^63 - 1");
	BREACH(s->run.command.items[1] = far, "argument 1 has no name");
	BREACH(s->run.problems.items[0] = far, "problem 0 has no name");
	BREACH(s->run.follows.items[0].why = far, "follow 0 has no name");
	BREACH(s->threads.items[1].name = far, "thread 1 has no name");
	BREACH(s->domains.items[3].name = far, "domain 3 has no name");
	BREACH(s->modules.items[1].why = far, "module 1 has no name");
	BREACH(s->modules.items[1].names = 3, "module 1 has its names from an unknown source");
	BREACH(s->modules.items[0].loaded_ns = UINT64_MAX, "module 0 has a time over 2^63 - 1");
	BREACH(s->frames.items[2].function = far, "frame 2 has no name");
	BREACH(s->locations.items[0].module = 2, "location 0 is in a module that is not there");
	BREACH(s->locations.items[0].n_frames = 0, "location 0 has no frame");
	BREACH(s->locations.items[0].n_frames = UINT32_MAX,
		"location 0 has frames that are not there");
	BREACH(s->locations.items[2].first_frame = 4,
		"location 2 does not begin where the one before it ends");
	BREACH(s->locations.items[2].first_frame = 0,
		"location 2 does not begin where the one before it ends");
	BREACH(s->frames.items[1].flags = FRAME_INLINED, "location 0 ends in an inlined frame");
	BREACH(s->stacks.items[0].parent = 1, "stack 0 is not the empty stack");
	BREACH(s->stacks.items[0].location = 0, "stack 0 is not the empty stack");
	BREACH(s->stacks.items[2].parent = 2, "stack 2 does not come after its caller");
	BREACH(s->stacks.items[1].location = 3, "stack 1 is at a location that is not there");
	BREACH(s->stacks.items[1].location = INDEX_NONE,
		"stack 1 is at a location that is not there");
	BREACH(s->traces.items[1].stack = 5, "trace 1 has a stack that is not there");
	BREACH(s->traces.items[1].domain = 4, "trace 1 is in a domain that is not there");
	BREACH(s->traces.items[1].thread = 2, "trace 1 is of a thread that is not there");
	BREACH(s->traces.items[1].total_nframe = 3, "trace 1 has more frames than it says");
	BREACH(s->moments.items[1].name = far, "moment 1 has no name");
	BREACH(s->moments.items[0].rss = UINT64_MAX, "moment 0 has a number over 2^63 - 1");
	BREACH(s->blocks.items[1].trace = 3, "block 1 has a trace that is not there");
	BREACH(s->blocks.items[2].address--, "block 2 is below the one before it");
	BREACH(s->blocks.items[1].size = UINT64_MAX, "block 1 is larger than 2^63 - 1");
	BREACH(add_leak(s, 3, LEAK_DEFINITE, 1), "leak 0 has a trace that is not there");
	BREACH(add_leak(s, 1, LEAK_KINDS, 1), "leak 0 is of an unknown kind");
	BREACH((add_leak(s, 1, LEAK_POSSIBLE, 1), add_leak(s, 1, LEAK_POSSIBLE, 1)),
		"leak 1 does not come after the one before it");
	BREACH((add_leak(s, 1, LEAK_DEFINITE, 1), add_leak(s, 0, LEAK_POSSIBLE, 1)),
		"leak 1 does not come after the one before it");
	BREACH((add_leak(s, 0, LEAK_DEFINITE, INT64_MAX), add_leak(s, 1, LEAK_DEFINITE, 1)),
		"the leaks add up to more than 2^63 - 1");
	BREACH(s->run.parts.items[0].command = far, "part 0 has no name");
	BREACH(s->run.parts.items[1].peak_count = UINT64_MAX, "part 1 has a number over 2^63 - 1");
}

Test(snapshot, the_check_knows_what_a_file_cannot_say)
{
	struct snapshot *snapshot = sample_snapshot();
	struct error err = ERROR_INIT;

	snapshot->moments.items[0].live.count++;
	cr_assert_eq(snapshot_check(snapshot, &err), -1);
	cr_assert_str_eq(err.text, "moment 0 is not the sum of its counts");
	free(snapshot->counts);
	snapshot->counts = NULL;
	cr_assert_eq(snapshot_check(snapshot, &err), -1);
	cr_assert_str_eq(err.text, "there are no counts");
	snapshot_free(snapshot);
}

Test(snapshot, moments_are_found)
{
	struct snapshot *snapshot = sample_snapshot();
	struct error err = ERROR_INIT;

	cr_assert_eq(snapshot_moment(snapshot, "peak", &err), 1);
	cr_assert_eq(snapshot_moment(snapshot, NULL, &err), 0);
	cr_assert_eq(snapshot_moment(snapshot, "pea", &err), -1);
	cr_assert_str_eq(err.text, "no moment 'pea' in the snapshot: it has exit, peak");
	snapshot->moments.items[1].name = sample_name(snapshot, "now");
	cr_assert_eq(snapshot_moment(snapshot, NULL, &err), 1);
	snapshot->moments.items[0].name = sample_name(snapshot, "a");
	snapshot->moments.items[1].name = sample_name(snapshot, "b");
	cr_assert_eq(snapshot_moment(snapshot, NULL, &err), 0);
	snapshot->moments.items[1].name = sample_name(snapshot, "exit");
	cr_assert_eq(snapshot_moment(snapshot, NULL, &err), 1);
	snapshot->moments.count = 0;
	cr_assert_eq(snapshot_moment(snapshot, NULL, &err), -1);
	snapshot_free(snapshot);
	snapshot_free(NULL);
}

Test(snapshot, domains_have_their_names)
{
	struct snapshot *snapshot = snapshot_new();

	cr_assert_eq(snapshot_domain(snapshot, DOMAIN_BRK, NULL), 2);
	cr_assert_str_eq(strings_get(snapshot->strings, snapshot->domains.items[2].name), "brk");
	cr_assert_eq(snapshot_domain(snapshot, 123, NULL), 3);
	cr_assert_str_eq(
		strings_get(snapshot->strings, snapshot->domains.items[3].name), "domain 123");
	cr_assert_eq(snapshot_domain(snapshot, 123, "arena"), 3);
	cr_assert_eq(snapshot_domain(snapshot, 123, NULL), 3);
	cr_assert_str_eq(strings_get(snapshot->strings, snapshot->domains.items[3].name), "arena");
	snapshot_free(snapshot);
}
