/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stacks as a graph: recursion counts once, every function is called by somebody, depth costs
 * nothing. */
#include "report/call_costs.h"

#include <criterion/criterion.h>
#include <string.h>
#include "printed.h"

/* What the calls into a function add up to, of live bytes. */
static uint64_t inclusive(
	const struct functions *functions, const struct call_costs *costs, const char *name)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < costs->lines.count; i++) {
		const struct cost_line *line = &costs->lines.items[i];

		if (line->callee != INDEX_NONE &&
			strcmp(strings_get(functions->strings,
				       functions->items.items[line->callee].name),
				name) == 0)
			sum += line->costs[0];
	}
	return sum;
}

#define FRAME(function) "{'filename': 'r.c', 'lineno': 1, 'function': '" function "'}"

Test(call_costs, recursion_counts_once)
{
	struct snapshot *snapshot = imported(
		"{'schema': 'memtrace-snapshot/1', 'traces': ["
		"{'size': 1, 'count': 1, 'frames': [" FRAME("a") "," FRAME("b") "," FRAME(
			"a") "," FRAME("main") "]},"
					       "{'size': 20, 'count': 1, 'frames': [" FRAME(
						       "a") "," FRAME("a") "]},"
									   "{'size': 300, 'count': "
									   "1, 'frames': []}]}");
	struct functions functions;
	struct call_costs costs;

	functions_init(&functions, snapshot);
	call_costs_init(&costs, &functions, 0);
	cr_assert_eq(costs.total[0], 321);
	cr_assert_eq(inclusive(&functions, &costs, "a"), 21);
	cr_assert_eq(inclusive(&functions, &costs, "b"), 1);
	cr_assert_eq(inclusive(&functions, &costs, "main"), 1);
	cr_assert_eq(inclusive(&functions, &costs, "<unknown>"), 300);
	call_costs_release(&costs);
	functions_release(&functions);
	snapshot_free(snapshot);
}

/* A hostile file may chain a million stacks and end a trace at each. */
Test(call_costs, a_chain_of_a_million)
{
	struct snapshot *snapshot =
		imported("{'schema': 'memtrace-snapshot/1', 'traces': ["
			 "{'size': 1, 'count': 1, 'frames': [" FRAME("a") "]}]}");
	struct functions functions;
	struct error err = ERROR_INIT;
	struct call_costs costs;

	cr_assert_eq(exporter_check_frames(snapshot, &err), 0);
	for (uint32_t i = 2; i < 1000000; i++) {
		*ARRAY_PUSH(&snapshot->stacks) = (struct stack){i - 1, 0};
		*ARRAY_PUSH(&snapshot->traces) = (struct trace){.stack = i, .thread = INDEX_NONE};
	}
	snapshot_alloc_counts(snapshot);
	for (size_t i = 0; i < snapshot->traces.count; i++)
		*snapshot_counts(snapshot, 0, i) = (struct counts){1, 1};
	functions_init(&functions, snapshot);
	call_costs_init(&costs, &functions, 0);
	cr_assert_eq(costs.total[0], 999999);
	cr_assert_eq(inclusive(&functions, &costs, "a"), 999999);
	cr_assert_eq(costs.lines.count, 3, "a itself, a by a, a by the root");
	/* Forms of whole stacks would need half a trillion frames. */
	cr_assert_lt(exporter_check_frames(snapshot, &err), 0);
	cr_assert_str_eq(err.text,
		"export: the stacks have more than 268435456 frames in all, too many for this form");
	call_costs_release(&costs);
	functions_release(&functions);
	snapshot_free(snapshot);
}
