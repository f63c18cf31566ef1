/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors of estimates in a snapshot: sorted, joined as squares, found again, kept by a file, and held to their table. */
#include <criterion/criterion.h>
#include "printed.h"
#include "sample_snapshot.h"

static struct uncertainty at(uint32_t moment, uint32_t trace, uint64_t size, uint64_t count)
{
	return (struct uncertainty){ .moment = moment, .trace = trace, .size = size, .count = count, .interval = 4096 };
}

/* Of three traces and two moments; two rows are of the same. */
static struct snapshot *sampled(void)
{
	struct snapshot *snapshot = sample_snapshot();

	snapshot_add_uncertainty(snapshot, at(1, 2, 256 * 12, 256));
	snapshot_add_uncertainty(snapshot, at(0, 1, 256 * 3, 256));
	snapshot_add_uncertainty(snapshot, at(INDEX_NONE, 1, 256 * 20, 0));
	snapshot_add_uncertainty(snapshot, at(INDEX_NONE, INDEX_NONE, 256 * 30, 512));
	snapshot_add_uncertainty(snapshot, at(0, 1, 256 * 4, 0));
	snapshot_add_uncertainty(snapshot, at(1, 0, 256 * 5, 0));
	snapshot_sort_sampling(snapshot);
	return snapshot;
}

Test(snapshot_sampling, errors_add_up_as_squares)
{
	struct snapshot *snapshot = sampled();
	struct error err = ERROR_INIT;

	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	cr_assert_eq(snapshot->sampling.count, 5);
	cr_assert_eq(snapshot_interval(snapshot), 4096);
	cr_assert_float_eq(snapshot_variance(snapshot, 0, 1).size, 25, 1e-9, "3 and 4 make 5");
	cr_assert_float_eq(snapshot_variance(snapshot, 0, 1).count, 1, 1e-9);
	cr_assert_float_eq(snapshot_moment_variance(snapshot, 1).size, 169, 1e-9, "5 and 12 make 13");
	cr_assert_float_eq(snapshot_variance(snapshot, INDEX_NONE, INDEX_NONE).size, 900, 1e-9);
	cr_assert_float_eq(snapshot_variance(snapshot, INDEX_NONE, 1).size, 400, 1e-9);
	cr_assert_eq(snapshot_variance(snapshot, 0, 0).size, 0, "exact");
	cr_assert_eq(variance_error(0), 0);
	cr_assert_eq(variance_error(100 * 100), 196);
	cr_assert_eq(variance_error(1), 2, "rounded up");
	snapshot_free(snapshot);
}

Test(snapshot_sampling, a_file_keeps_them)
{
	struct snapshot *snapshot = sampled(), *read;
	struct error err = ERROR_INIT;
	struct buffer file = { 0 };

	snapshot_encode(snapshot, &file);
	read = snapshot_decode(file.data, file.size, &err);
	cr_assert(read, "%s", err.text);
	cr_assert_eq(read->sampling.count, snapshot->sampling.count);
	cr_assert_eq(memcmp(read->sampling.items, snapshot->sampling.items, 5 * sizeof(struct uncertainty)), 0);
	buffer_free(&file);
	snapshot_free(snapshot);
	snapshot_free(read);
}

/* What snapshot_check says after CHANGE has been made to row NUMBER. */
static void refused(size_t number, struct uncertainty change, const char *line)
{
	struct snapshot *snapshot = sampled();
	struct error err = ERROR_INIT;

	snapshot->sampling.items[number] = change;
	cr_assert_eq(snapshot_check(snapshot, &err), -1, "%s", line);
	cr_assert_str_eq(err.text, line);
	snapshot_free(snapshot);
}

Test(snapshot_sampling, rows_are_held_to_their_table)
{
	struct uncertainty other = at(0, 1, 1, 1);

	other.interval = 5;
	refused(0, at(INDEX_NONE, 0, 1, 1), "sampling 0 is not of the whole run");
	refused(2, at(2, 1, 1, 1), "sampling 2 is at a moment that is not there");
	refused(2, at(0, 3, 1, 1), "sampling 2 has a trace that is not there");
	refused(2, at(0, INDEX_NONE, 1, 1), "sampling 2 has a trace that is not there");
	refused(2, at(INDEX_NONE, 1, 1, 1), "sampling 2 does not come after the one before it");
	refused(2, at(0, 1, UINT64_MAX, 1), "sampling 2 is too large");
	refused(2, at(0, 1, 1, UINT64_MAX), "sampling 2 is too large");
	refused(2, other, "sampling 2 has no interval, or another one");
	other = at(INDEX_NONE, INDEX_NONE, 1, 1);
	other.interval = 0;
	refused(0, other, "sampling 0 has no interval, or another one");
}
