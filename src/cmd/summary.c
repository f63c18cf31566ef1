/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A few lines that a person reads after each run. Numbers here are those of `info`; nothing is computed twice.
 */
#include <stdlib.h>
#include <unistd.h>
#include "base/units.h"
#include "cmd/log.h"
#include "cmd/summary.h"
#include "report/info.h"
#include "report/printer.h"
#include "report/table.h"

enum { TOP_DEFAULT = 10, TOP_MAX = 1000000 };

int summary_parse_top(const char *top, struct error *err)
{
	char *end;
	long value;

	if (!top)
		return isatty(STDERR_FILENO) ? TOP_DEFAULT : 0;
	value = strtol(top, &end, 10);
	if (!*top || *end || value < 0 || value > TOP_MAX)
		return error_set(err, "run: --top: '%s' is not a number from 0 to %d", top, TOP_MAX);
	return (int)value;
}

/* How far the numbers above may be off. */
static void say_errors(const struct snapshot *snapshot)
{
	struct variance exit = snapshot_moment_variance(snapshot, 0), peak = { 0, 0 };
	char interval[UNITS_MAX], at_peak[UNITS_MAX], at_exit[UNITS_MAX];

	if (!snapshot->sampling.count)
		return;
	if (snapshot->moments.count > 1)
		peak = snapshot_moment_variance(snapshot, 1);
	log_say("these are estimates, of one block in %s: at 95 %% the peak is \xc2\xb1%s, the end \xc2\xb1%s",
		units_size(interval, (int64_t)snapshot_interval(snapshot), false),
		units_size(at_peak, variance_error(peak.size), false), units_size(at_exit, variance_error(exit.size), false));
}

static void say_totals(const struct snapshot *snapshot)
{
	const struct run *run = &snapshot->run;
	const struct moment *exit = &snapshot->moments.items[0];
	char live[UNITS_MAX], live_count[UNITS_MAX], peak[UNITS_MAX], peak_count[UNITS_MAX];

	log_say("peak %s in %s; still live at the end %s in %s", units_size(peak, (int64_t)run->peak_size, false),
		units_count(peak_count, run->peak_count, "block"), units_size(live, (int64_t)exit->live.size, false),
		units_count(live_count, exit->live.count, "block"));
	log_say("%s of %s in all", units_count(peak_count, run->total_count, "allocation"),
		units_size(peak, (int64_t)run->total_size, false));
}

/* As memcheck sums up. */
static void say_leaks(const struct snapshot *snapshot)
{
	struct counts sums[LEAK_KINDS] = { 0 };
	char size[UNITS_MAX], lost[UNITS_MAX];

	if (!snapshot->keeps_leaks)
		return;
	for (size_t i = 0; i < snapshot->leaks.count; i++) {
		sums[snapshot->leaks.items[i].kind].size += snapshot->leaks.items[i].counts.size;
		sums[snapshot->leaks.items[i].kind].count += snapshot->leaks.items[i].counts.count;
	}
	log_say("leaks: %s in %s definitely lost (with %s indirectly), %s possibly",
		units_size(size, (int64_t)sums[LEAK_DEFINITE].size, false),
		units_count(lost, sums[LEAK_DEFINITE].count, "block"),
		units_size((char[UNITS_MAX]){ 0 }, (int64_t)sums[LEAK_INDIRECT].size, false),
		units_size((char[UNITS_MAX]){ 0 }, (int64_t)sums[LEAK_POSSIBLE].size, false));
}

static void say_gaps(const struct snapshot *snapshot)
{
	const struct run *run = &snapshot->run;
	unsigned long untraced = 0, without_lines = 0;

	for (size_t i = 0; i < run->problems.count; i++)
		log_say("%s%s", run->complete ? "" : "incomplete: ", strings_get(snapshot->strings, run->problems.items[i]));
	for (size_t i = 0; i < run->follows.count; i++)
		untraced += run->follows.items[i].why != 0;
	if (untraced)
		log_say("%lu of the programs that it started could not be traced (memtrace info names them)", untraced);
	for (size_t i = 0; i < snapshot->modules.count; i++)
		without_lines += snapshot->modules.items[i].names != MODULE_NAMES_DWARF &&
			snapshot->modules.items[i].why != 0;
	if (without_lines)
		log_say("%lu of %lu modules have no line numbers (memtrace info says why)", without_lines,
			(unsigned long)snapshot->modules.count);
}

/* ROWS by the program's own lines. What is live at the end; of a program that freed all, what was at the peak. */
static int print_top(const struct snapshot *snapshot, const char *file, int rows, struct error *err)
{
	struct query query = QUERY_INIT;
	size_t moment = snapshot->moments.items[0].live.count || snapshot->moments.count < 2 ? 0 : 1;
	const struct side side = { .snapshot = snapshot, .file = file, .moment = moment };
	struct table table = { 0 };
	struct out out;
	int result;

	query.by = BY_OWNER;
	query.limit = (uint64_t)rows;
	result = table_top(&table, &query, &side, err);
	if (result == 0) {
		log_say("the top %d by owner %s:", rows, moment ? "at the peak" : "still live at the end");
		out_init(&out, stderr);
		print_table.table(&table, &out);
		result = out_finish(&out, err);
	}
	table_release(&table);
	return result;
}

int summary_json(const struct snapshot *snapshot, const char *file, struct error *err)
{
	struct out out;

	out_init(&out, stderr);
	info_json(snapshot, file, &out);
	return out_finish(&out, err);
}

void summary_print(const struct snapshot *snapshot, const char *file, const char *top, struct error *err)
{
	int rows = log_quiet ? 0 : summary_parse_top(top, err);
	bool shown = rows && snapshot->traces.count;

	say_totals(snapshot);
	say_errors(snapshot);
	say_leaks(snapshot);
	say_gaps(snapshot);
	if (shown && print_top(snapshot, file, rows, err) < 0)
		log_error(err);
	log_say("wrote %s; see it with: memtrace %s %s%s", file, snapshot->keeps_leaks ? "leaks" : "top",
		shown && !snapshot->keeps_leaks ? "--by owner " : "", file);
}
