/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing: what is written is read, to the last bit, and the same snapshot gives the same bytes. */
#include <criterion/criterion.h>
#include <string.h>
#include "memtrace/format.h"
#include "model/snapshot_build.h"
#include "sample_snapshot.h"

Test(snapshot_write, round_trip_is_exact_and_deterministic)
{
	struct snapshot *snapshot = sample_lives(), *read;
	struct error err = ERROR_INIT;
	struct buffer file = {0}, again = {0};

	snapshot_encode(snapshot, &file);
	read = snapshot_decode(file.data, file.size, &err);
	cr_assert_not_null(read, "%s", err.text);
	assert_same_snapshot(snapshot, read);
	cr_assert_eq(read->moments.items[1].live.size, INT64_MAX);
	cr_assert_eq(read->moments.items[1].live.count, 3);
	snapshot_encode(read, &again);
	cr_assert_eq(file.size, again.size);
	cr_assert_eq(memcmp(file.data, again.data, file.size), 0);
	buffer_free(&file);
	buffer_free(&again);
	snapshot_free(snapshot);
	snapshot_free(read);
}

Test(snapshot_write, the_smallest_one)
{
	struct snapshot *snapshot = snapshot_new(), *read;
	struct error err = ERROR_INIT;
	struct buffer file = {0};

	cr_assert_eq(snapshot_check(snapshot, &err), -1);
	cr_assert_str_eq(err.text, "there is no moment");
	*ARRAY_PUSH(&snapshot->moments) = (struct moment){.name = sample_name(snapshot, "exit")};
	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	snapshot_encode(snapshot, &file);
	read = snapshot_decode(file.data, file.size, &err);
	cr_assert_not_null(read, "%s", err.text);
	assert_same_snapshot(snapshot, read);
	cr_assert_null(read->counts);
	snapshot_free(snapshot);
	snapshot_free(read);
	buffer_free(&file);
}

/* A snapshot whose numbers compress far better than a reader believes: the writer must vouch for it
 * with padding. */
Test(snapshot_write, what_compresses_too_well_is_still_read)
{
	struct snapshot *snapshot = snapshot_new(), *read;
	struct snapshot_builder builder;
	struct error err = ERROR_INIT;
	struct buffer file = {0};
	struct location place = {.module = INDEX_NONE};
	struct frame frame = {.filename = sample_name(snapshot, "a.c"), .lineno = 1};

	builder_init(&builder, snapshot);
	uint32_t stack = builder_stack(&builder, 0, builder_location(&builder, &place, &frame, 1));

	for (uint32_t i = 0; i < 50000; i++)
		builder_trace(&builder, stack, i + 1, 0, INDEX_NONE);
	builder_release(&builder);
	for (int i = 0; i < 100; i++)
		ARRAY_PUSH(&snapshot->moments)->name = sample_name(snapshot, "exit");
	snapshot_alloc_counts(snapshot);
	snapshot_counts(snapshot, 99, 49999)->size = 5;
	cr_assert_eq(snapshot_sum(snapshot, &err), 0);
	snapshot_encode(snapshot, &file);
	cr_assert_gt(file.size, (10000000 - FORMAT_RAW_FREE) / FORMAT_RAW_RATIO);
	cr_assert_lt(file.size, 10500000 / FORMAT_RAW_RATIO);
	read = snapshot_decode(file.data, file.size, &err);
	cr_assert_not_null(read, "%s", err.text);
	cr_assert_eq(snapshot_counts(read, 99, 49999)->size, 5);
	cr_assert_eq(read->moments.items[99].live.size, 5);
	cr_assert_eq(read->traces.items[49999].total_nframe, 50000);
	snapshot_free(snapshot);
	snapshot_free(read);
	buffer_free(&file);
}
