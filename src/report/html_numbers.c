/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traces are added up into their rows, one moment after the other, in the same two arrays. No sum is over what a snapshot may
 * hold in all, which snapshot_check has seen to.
 */
#include "report/html_numbers.h"

#include <stdlib.h>
#include <string.h>

struct sums {
	uint64_t *at, *size, *count; /* one a row, or of the first rows only */
	double *size_variance, *count_variance; /* of these, where blocks were sampled; else NULL */
	size_t n_rows;
};

static void totals(const struct html_side *side, int number, struct sums *sums, struct html_columns *columns)
{
	const struct snapshot *snapshot = side->snapshot;

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		if (!side->row_of[i])
			continue;
		sums->size[side->row_of[i] - 1] += snapshot->traces.items[i].total_size;
		sums->count[side->row_of[i] - 1] += snapshot->traces.items[i].total_count;
	}
	html_columns_add(columns, sums->size, sums->n_rows, "total_size/%d", number);
	html_columns_add(columns, sums->count, sums->n_rows, "total_count/%d", number);
}

/* Moves the rows that are not empty to the front; how many. */
static size_t pack(struct sums *sums)
{
	size_t n = 0;

	for (size_t row = 0; row < sums->n_rows; row++) {
		if (!sums->size[row] && !sums->count[row])
			continue;
		sums->at[n] = row;
		sums->size[n] = sums->size[row];
		sums->count[n] = sums->count[row];
		if (sums->size_variance) {
			sums->size_variance[n] = sums->size_variance[row];
			sums->count_variance[n] = sums->count_variance[row];
		}
		n++;
	}
	return n;
}

static void add_variance(struct sums *sums, size_t row, struct variance variance)
{
	if (!sums->size_variance)
		return;
	sums->size_variance[row] += variance.size;
	sums->count_variance[row] += variance.count;
}

static void moment(const struct html_side *side, int number, size_t at, struct sums *sums, struct html_columns *columns)
{
	const struct snapshot *snapshot = side->snapshot;
	size_t n;

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct counts *counts = snapshot_counts(snapshot, at, i);

		if (!side->row_of[i])
			continue;
		sums->size[side->row_of[i] - 1] += counts->size;
		sums->count[side->row_of[i] - 1] += counts->count;
		add_variance(sums, side->row_of[i] - 1, snapshot_variance(snapshot, at, i));
	}
	n = pack(sums);
	html_columns_add(columns, sums->at, n, "at/%d/%zu", number, at);
	html_columns_add(columns, sums->size, n, "size/%d/%zu", number, at);
	html_columns_add(columns, sums->count, n, "count/%d/%zu", number, at);
	if (sums->size_variance) {
		html_columns_add_doubles(columns, sums->size_variance, n, "size_variance/%d/%zu", number, at);
		html_columns_add_doubles(columns, sums->count_variance, n, "count_variance/%d/%zu", number, at);
	}
}

static void clear(struct sums *sums)
{
	memset(sums->size, 0, sums->n_rows * sizeof(uint64_t));
	memset(sums->count, 0, sums->n_rows * sizeof(uint64_t));
	for (size_t row = 0; sums->size_variance && row < sums->n_rows; row++)
		sums->size_variance[row] = sums->count_variance[row] = 0;
}

void html_numbers_columns(const struct html_side *side, int number, size_t n_rows, struct html_columns *columns)
{
	struct sums sums = {
		.at = xcalloc(n_rows + 1, sizeof(uint64_t)),
		.size = xcalloc(n_rows + 1, sizeof(uint64_t)),
		.count = xcalloc(n_rows + 1, sizeof(uint64_t)),
		.n_rows = n_rows,
	};

	if (snapshot_interval(side->snapshot)) {
		sums.size_variance = xcalloc(n_rows + 1, sizeof(double));
		sums.count_variance = xcalloc(n_rows + 1, sizeof(double));
	}
	totals(side, number, &sums, columns);
	for (size_t i = 0; i < side->snapshot->moments.count; i++) {
		clear(&sums);
		moment(side, number, i, &sums, columns);
	}
	free(sums.at);
	free(sums.size);
	free(sums.count);
	free(sums.size_variance);
	free(sums.count_variance);
}
