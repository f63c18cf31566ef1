/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The accounts: totals, the exact peak, and each trace's share of it, against a plain recomputation. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "record/estimate.h"
#include "record/ledger.h"

Test(ledger, peak_is_the_highest_sum_and_knows_each_share)
{
	struct ledger ledger;
	uint32_t a, b;

	ledger_init(&ledger);
	a = ledger_trace(&ledger, 1, 0, 0, 16);
	b = ledger_trace(&ledger, 2, 0, 0, 16);
	ledger_alloc(&ledger, a, 100);
	ledger_alloc(&ledger, b, 50);  /* 150: the peak */
	ledger_free(&ledger, a, 100, 1);
	ledger_alloc(&ledger, b, 90);  /* 140 */
	ledger_settle(&ledger);
	cr_assert_eq(ledger.peak.size, 150);
	cr_assert_eq(ledger.peak.count, 2);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[a]).size, 100);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[b]).size, 50);
	cr_assert_eq(ledger_live(&ledger.traces.items[b]).size, 140);
	ledger_release(&ledger);
}

Test(ledger, the_first_of_equal_peaks_counts)
{
	struct ledger ledger;
	uint32_t a, b;

	ledger_init(&ledger);
	a = ledger_trace(&ledger, 1, 0, 0, 16);
	b = ledger_trace(&ledger, 2, 0, 0, 16);
	ledger_alloc(&ledger, a, 10);
	ledger_free(&ledger, a, 10, 1);
	ledger_alloc(&ledger, b, 10);
	ledger_free(&ledger, b, 10, 1);
	ledger_settle(&ledger);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[a]).size, 10);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[b]).size, 0);
	ledger_release(&ledger);
}

Test(ledger, same_key_same_trace)
{
	struct ledger ledger;

	ledger_init(&ledger);
	cr_assert_eq(ledger_trace(&ledger, 7, 1, 2, 16), ledger_trace(&ledger, 7, 1, 2, 16));
	cr_assert_neq(ledger_trace(&ledger, 7, 1, 2, 16), ledger_trace(&ledger, 7, 0, 2, 16));
	cr_assert_neq(ledger_trace(&ledger, 7, 1, 2, 16), ledger_trace(&ledger, 7, 1, 3, 16));
	ledger_release(&ledger);
}

enum { TRACES = 20, STEPS = 20000 };

/* Random walks: at every new maximum the shares are copied; at the end they must be what the ledger says. */
Test(ledger, random_walk)
{
	uint64_t live[TRACES] = { 0 }, blocks[TRACES] = { 0 }, at_peak[TRACES] = { 0 }, sum = 0, peak = 0;
	struct ledger ledger;

	srand(7);
	ledger_init(&ledger);
	for (uint32_t i = 0; i < TRACES; i++)
		cr_assert_eq(ledger_trace(&ledger, i + 1, 0, 0, 16), i);
	for (int step = 0; step < STEPS; step++) {
		uint32_t i = (uint32_t)rand() % TRACES;
		uint64_t size = i + 1;

		if (rand() % 100 < 52 || !blocks[i]) {
			ledger_alloc(&ledger, i, size);
			live[i] += size;
			blocks[i]++;
			sum += size;
		} else {
			ledger_free(&ledger, i, size, 1);
			live[i] -= size;
			blocks[i]--;
			sum -= size;
		}
		if (sum > peak) {
			peak = sum;
			for (int k = 0; k < TRACES; k++)
				at_peak[k] = live[k];
		}
	}
	ledger_settle(&ledger);
	cr_assert_eq(ledger.peak.size, peak);
	for (int k = 0; k < TRACES; k++) {
		cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[k]).size, at_peak[k]);
		cr_assert_eq(ledger_live(&ledger.traces.items[k]).size, live[k]);
	}
	ledger_release(&ledger);
}

Test(ledger, a_reset_peak_is_what_is_live)
{
	struct ledger ledger;
	uint32_t a, b;

	ledger_init(&ledger);
	a = ledger_trace(&ledger, 1, 0, 0, 16);
	b = ledger_trace(&ledger, 2, 0, 0, 16);
	ledger_alloc(&ledger, a, 100);
	ledger_alloc(&ledger, b, 10);
	ledger_free(&ledger, a, 100, 1);
	ledger_reset_peak(&ledger);
	cr_assert_eq(ledger.peak.size, 10);
	cr_assert_eq(ledger.peak.count, 1);
	ledger_free(&ledger, b, 10, 1);
	ledger_settle(&ledger);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[a]).size, 0);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[b]).size, 10);
	ledger_alloc(&ledger, a, 30);
	ledger_settle(&ledger);
	cr_assert_eq(ledger.peak.size, 30);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[b]).size, 0);
	ledger_release(&ledger);
}

Test(ledger, clear_forgets_everything)
{
	struct ledger ledger;
	uint32_t a;

	ledger_init(&ledger);
	a = ledger_trace(&ledger, 1, 0, 0, 16);
	ledger_alloc(&ledger, a, 100);
	ledger_free(&ledger, a, 100, 1);
	ledger_clear(&ledger);
	ledger_alloc(&ledger, a, 5);
	ledger_settle(&ledger);
	cr_assert_eq(ledger.peak.size, 5);
	cr_assert_eq(ledger.allocated.count, 1);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[a]).size, 5);
	ledger_release(&ledger);
}

Test(ledger, reset_peak_takes_the_present)
{
	struct ledger ledger;
	uint32_t a, b;

	ledger_init(&ledger);
	a = ledger_trace(&ledger, 1, 0, 0, 16);
	b = ledger_trace(&ledger, 2, 0, 0, 16);
	ledger_alloc(&ledger, a, 100);
	ledger_alloc(&ledger, b, 30);
	ledger_free(&ledger, a, 100, 1);
	cr_assert_eq(ledger.peak.size, 130);
	ledger_reset_peak(&ledger);
	cr_assert_eq(ledger.peak.size, 30);
	cr_assert_eq(ledger.peak.count, 1);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[a]).size, 0);
	ledger_free(&ledger, b, 30, 1);
	ledger_alloc(&ledger, a, 29);
	ledger_settle(&ledger);
	cr_assert_eq(ledger.peak.size, 30);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[a]).size, 0);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[b]).size, 30);
	ledger_release(&ledger);
}

/* What a sampled block brought goes with it to the last bit, errors too; and the peak has those of its moment. */
Test(ledger, estimates_go_as_they_came)
{
	struct ledger ledger;
	uint32_t a, b;
	struct estimate first = { 1000, 10, 70, 7 }, second = { 500, 5, 30, 3 };

	ledger_init(&ledger);
	a = ledger_trace(&ledger, 1, 0, 0, 0);
	b = ledger_trace(&ledger, 2, 0, 0, 0);
	ledger_alloc_estimate(&ledger, a, &first);
	ledger_alloc_estimate(&ledger, b, &second); /* 1500: the peak */
	ledger_free_estimate(&ledger, a, &first);
	cr_assert_eq(ledger_live(&ledger.traces.items[a]).count, 0);
	cr_assert(ledger_live_spread(&ledger, a).size == 0 && ledger_live_spread(&ledger, a).count == 0);
	ledger_unfree_estimate(&ledger, a, &first);
	cr_assert(ledger_live_spread(&ledger, a).size == 70);
	ledger_free_estimate(&ledger, a, &first);
	ledger_alloc_estimate(&ledger, b, &second); /* 1000 */
	ledger_settle(&ledger);
	cr_assert_eq(ledger.peak.size, 1500);
	cr_assert_eq(ledger.peak.count, 15);
	cr_assert_eq(ledger_at_peak(&ledger, &ledger.traces.items[a]).count, 10);
	cr_assert(ledger_peak_spread(&ledger, a).size == 70 && ledger_peak_spread(&ledger, a).count == 7);
	cr_assert(ledger_peak_spread(&ledger, b).size == 30);
	cr_assert(ledger_live_spread(&ledger, b).size == 60 && ledger_live_spread(&ledger, b).count == 6);
	cr_assert(ledger.total.size == 130);
	ledger_clear(&ledger);
	cr_assert(ledger_live_spread(&ledger, b).size == 0 && ledger.total.size == 0);
	ledger_release(&ledger);
}
