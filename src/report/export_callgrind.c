/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A profile as callgrind writes it (valgrind's manual, "Callgrind Format Specification"), for
 * callgrind_annotate and KCachegrind. Four events: Bytes and Blocks are live at the moment asked
 * for, TotalBytes and TotalBlocks all that was ever allocated. A function's own cost is what it
 * allocates itself; its calls cost what is below them (call_costs.h). "calls" are allocations that
 * went that way, since nobody counts calls.
 *
 * Names are written once and then called by number.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/version.h"
#include "report/call_costs.h"
#include "report/digits.h"
#include "report/exporter.h"
#include "report/label.h"

/* Numbers of names are separate for files, functions and objects. */
enum space { SPACE_FILE, SPACE_FUNCTION, SPACE_OBJECT, SPACES };

struct callgrind {
	const struct snapshot *snapshot;
	struct functions functions;
	struct call_costs costs;
	struct buffer text;
	bool *named[SPACES]; /* by the number of the name: whether it stands in the file already */
};

static void append(struct callgrind *callgrind, const char *text)
{
	buffer_bytes(&callgrind->text, text, strlen(text));
}

static void append_raw(struct callgrind *callgrind, string_id id)
{
	const struct strings *strings = callgrind->snapshot->strings;

	label_clean(&callgrind->text, strings_get(strings, id), strings_size(strings, id));
}

static void line_of_run(struct callgrind *callgrind, const char *key, string_id id)
{
	append(callgrind, key);
	append_raw(callgrind, id);
	append(callgrind, "\n");
}

static void append_costs(struct callgrind *callgrind, const uint64_t *costs)
{
	for (int i = 0; i < COSTS; i++) {
		append(callgrind, " ");
		digits_decimal(&callgrind->text, costs[i]);
	}
	append(callgrind, "\n");
}

static void header(struct callgrind *callgrind, size_t moment)
{
	const struct run *run = &callgrind->snapshot->run;

	append(callgrind,
		"# callgrind format\nversion: 1\ncreator: memtrace " MEMTRACE_VERSION "\n");
	if (run->pid > 0) {
		append(callgrind, "pid: ");
		digits_decimal(&callgrind->text, (uint64_t)run->pid);
		append(callgrind, "\n");
	}
	append(callgrind, "cmd:");
	for (size_t i = 0; i < run->command.count; i++) {
		append(callgrind, " ");
		append_raw(callgrind, run->command.items[i]);
	}
	append(callgrind, run->command.count ? "\n" : " \n");
	line_of_run(callgrind, "desc: Moment: ", callgrind->snapshot->moments.items[moment].name);
	for (size_t i = 0; i < run->problems.count; i++)
		line_of_run(callgrind, "desc: Incomplete: ", run->problems.items[i]);
	append(callgrind, "positions: line\n"
			  "event: Bytes : live bytes\n"
			  "event: Blocks : live blocks\n"
			  "event: TotalBytes : bytes ever allocated\n"
			  "event: TotalBlocks : allocations ever made\n"
			  "events: Bytes Blocks TotalBytes TotalBlocks\n"
			  "summary:");
	append_costs(callgrind, callgrind->costs.total);
}

/* KEY=(NUMBER) NAME, the name only once. */
static void append_name(struct callgrind *callgrind, const char *key, enum space space,
	size_t number, const char *name)
{
	append(callgrind, key);
	append(callgrind, "=(");
	digits_decimal(&callgrind->text, number + 1);
	append(callgrind, ")");
	if (!callgrind->named[space][number]) {
		append(callgrind, " ");
		append(callgrind, *name ? name : "???");
	}
	callgrind->named[space][number] = true;
	append(callgrind, "\n");
}

static const struct function *function_of(const struct callgrind *callgrind, uint32_t index)
{
	static const struct function root;

	return index < callgrind->functions.items.count ? &callgrind->functions.items.items[index]
							: &root;
}

/* CALLER is NULL for a function itself; of one that it calls, what is the same is not said again.
 */
static void append_function(
	struct callgrind *callgrind, uint32_t index, const struct function *caller)
{
	const struct strings *strings = callgrind->functions.strings;
	const struct function *function = function_of(callgrind, index);
	bool is_root = index == callgrind->functions.items.count;

	if (!caller || caller->module != function->module)
		append_name(callgrind, caller ? "cob" : "ob", SPACE_OBJECT, function->module,
			strings_get(strings, function->module));
	if (!caller || caller->file != function->file)
		append_name(callgrind, caller ? "cfi" : "fl", SPACE_FILE, function->file,
			strings_get(strings, function->file));
	append_name(callgrind, caller ? "cfn" : "fn", SPACE_FUNCTION, index,
		is_root ? "(all stacks)" : strings_get(strings, function->name));
}

static void body(struct callgrind *callgrind)
{
	uint32_t function = INDEX_NONE;

	for (size_t i = 0; i < callgrind->costs.lines.count; i++) {
		const struct cost_line *line = &callgrind->costs.lines.items[i];

		if (line->function != function) {
			append(callgrind, "\n");
			append_function(callgrind, line->function, NULL);
		}
		function = line->function;
		if (line->callee != INDEX_NONE) {
			append_function(
				callgrind, line->callee, function_of(callgrind, line->function));
			append(callgrind, "calls=");
			digits_decimal(&callgrind->text, line->calls);
			append(callgrind, " 0\n");
		}
		digits_decimal(&callgrind->text, line->lineno);
		append_costs(callgrind, line->costs);
	}
	append(callgrind, "\ntotals:");
	append_costs(callgrind, callgrind->costs.total);
}

static int write_callgrind(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct callgrind callgrind = {.snapshot = snapshot};
	size_t names;

	(void)err; /* sums over all traces fit */
	functions_init(&callgrind.functions, snapshot);
	call_costs_init(&callgrind.costs, &callgrind.functions, query->moment);
	names = strings_count(callgrind.functions.strings) + callgrind.functions.items.count + 1;
	for (int i = 0; i < SPACES; i++)
		callgrind.named[i] = xcalloc(names, sizeof(bool));
	header(&callgrind, query->moment);
	body(&callgrind);
	out_bytes(out, (const char *)callgrind.text.data, callgrind.text.size);
	for (int i = 0; i < SPACES; i++)
		free(callgrind.named[i]);
	call_costs_release(&callgrind.costs);
	functions_release(&callgrind.functions);
	buffer_free(&callgrind.text);
	return 0;
}

const struct exporter export_callgrind = {
	.name = "callgrind",
	.summary = "a call graph, for callgrind_annotate and KCachegrind",
	.takes_short = true,
	.takes_moment = true,
	.write = write_callgrind,
};
