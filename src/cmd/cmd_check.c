/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace check [SNAP] RULES: budgets, for CI. Every rule is judged and named, also behind a broken
 * one; the exit status is 1 when one is broken. A rule on a place where nothing was ever allocated
 * holds, but that is said: it may be a slip of the pen that would hold for ever.
 */
#include <stdlib.h>
#include <string.h>
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/map_path.h"
#include "cmd/snapfile.h"
#include "cmd/strict.h"
#include "cmd/suggest.h"
#include "report/budget.h"

struct check_options {
	struct option_list rules; /* --max and --max-growth, in their order */
	struct option_list map_paths;
	const char *base, *format;
	bool all_frames, hide_std, strict, quiet, json;
};

/* clang-format off */
#define ROW(name_, letter_, type_, field_, ...) \
	{ .name = name_, .letter = letter_, .type = type_, \
	  .offset = offsetof(struct check_options, field_), __VA_ARGS__ }

static const struct option_row rows[] = {
	ROW("max", 0, OPTION_LIST, rules,
		.argument = "WHAT=LIMIT",
		.summary = "at most so much: peak=64M, count=1000, file:src/parse.c=2M, peak:function:f=1M"),
	ROW("max-growth", 0, OPTION_LIST, rules,
		.argument = "[WHAT=]LIMIT",
		.summary = "at most so much more than in --base: 5%, 1M, current=0; of the peak by itself"),
	ROW("base", 0, OPTION_TEXT, base,
		.argument = "OLD[@MOMENT]",
		.summary = "the snapshot that growth is measured from"),
	MAP_PATH_ROW(struct check_options, map_paths),
	ROW("all-frames", 0, OPTION_FLAG, all_frames,
		.summary = "places are of every frame of a stack, not of the most recent one"),
	ROW("hide-std", 0, OPTION_FLAG, hide_std,
		.summary = "leave frames of libc, C++ library and allocators out of stacks"),
	ROW("strict", 0, OPTION_FLAG, strict,
		.summary = "exit 3 when all rules hold and the data is incomplete"),
	ROW("quiet", 'q', OPTION_FLAG, quiet,
		.summary = "print nothing, only exit"),
	ROW("format", 0, OPTION_CHOICE, format,
		.argument = "FORMAT", .choices = "text|json",
		.summary = "text (default) or json"),
	ROW("json", 0, OPTION_FLAG, json,
		.summary = "the same as --format json"),
	{.name = NULL},
};
/* clang-format on */

/* In place of a list of all words: the one that was meant, where one is near. */
static void suggest_word(const char *text, struct error *err)
{
	char words[] = BUDGET_METRIC_NAMES "|" BUDGET_PLACE_NAMES, *save;

	for (size_t size; (size = strcspn(text, ":=")) && text[size]; text += size + 1) {
		char *typed = xstrndup(text, size);
		struct suggestion suggestion = {.typed = typed};
		char *names = xstrdup(words);

		for (char *at = strtok_r(names, "|", &save); at; at = strtok_r(NULL, "|", &save))
			suggest(&suggestion, at);
		if (suggestion.best && strcmp(suggestion.best, typed) != 0)
			error_hint(err, "did you mean '%s'?", suggestion.best);
		bool is_word = suggestion.best && strcmp(suggestion.best, typed) == 0;

		free(names);
		free(typed);
		if (!is_word)
			return;
	}
}

static int read_rules(
	const struct check_options *options, struct budgets *budgets, struct error *err)
{
	bool grows = false;

	for (size_t i = 0; i < options->rules.count; i++) {
		const struct option_entry *entry = &options->rules.items[i];
		bool growth = strcmp(entry->row->name, "max-growth") == 0;

		grows |= growth;
		if (budgets_add(budgets, growth, entry->value, err) < 0) {
			suggest_word(entry->value, err);
			return error_prefix(err, "check: --%s %s", entry->row->name, entry->value);
		}
	}
	if (options->rules.count == 0) {
		error_set(err, "check: no rule given");
		return error_hint(err, "memtrace check a.snap --max peak=64M");
	}
	if (grows && !options->base) {
		error_set(err, "check: growth since when? --base is missing");
		return error_hint(err, "memtrace check new.snap --base old.snap --max-growth 5%%");
	}
	if (!grows && options->base) {
		error_set(err, "check: --base without --max-growth checks nothing");
		return error_hint(err, "memtrace check new.snap --base old.snap --max-growth 5%%");
	}
	budgets->all_frames = options->all_frames;
	budgets->hide_standard = options->hide_std;
	return 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What the place of BUDGET may have been meant to be, or NULL. */
static const char *nearest(const struct budget *budget, const struct snapshot *snapshot)
{
	bool by_function = budget->place == BUDGET_FUNCTION;
	struct suggestion suggestion = {
		.typed = by_function ? budget->pattern : last_part(budget->pattern)};

	for (size_t i = 0; i < snapshot->frames.count; i++) {
		const struct frame *frame = &snapshot->frames.items[i];
		const char *name = strings_get(
			snapshot->strings, by_function ? frame->function : frame->filename);

		if (*name)
			suggest(&suggestion, by_function ? name : last_part(name));
	}
	return suggestion.best;
}

static void say_unmet(const struct budgets *budgets, const struct snapfile *snap)
{
	for (size_t i = 0; i < budgets->all.count; i++) {
		const struct budget *budget = &budgets->all.items[i];
		const char *near;

		if (budget->met)
			continue;
		near = nearest(budget, snap->snapshot);
		if (near && strcmp(near, last_part(budget->pattern)) != 0)
			log_say("rule %s: nothing in %s was allocated there; did you mean '%s'?",
				budget->text, snap->file, near);
		else
			log_say("rule %s: nothing in %s was allocated there", budget->text,
				snap->file);
	}
}

static int print(const struct check_options *options, const struct budgets *budgets,
	const struct side *now, const struct side *base, struct error *err)
{
	bool json = options->json || (options->format && strcmp(options->format, "json") == 0);
	struct out out;

	if (options->quiet)
		return 0;
	out_init(&out, stdout);
	if (json)
		budgets_json(budgets, now, base, &out);
	else
		budgets_text(budgets, &out);
	return out_finish(&out, err);
}

static int check(const struct check_options *options, struct budgets *budgets,
	const struct snapfile *snap, const struct snapfile *base, struct error *err)
{
	struct side now = {snap->snapshot, snap->file, snap->moment};
	struct side then = {base->snapshot, base->file, base->moment};
	const struct side *before = base->snapshot ? &then : NULL;
	const struct snapfile *snaps[] = {snap, base};
	struct snapshot *const snapshots[] = {snap->snapshot, base->snapshot};
	int status;

	map_path_apply(&options->map_paths, snapshots, before ? 2 : 1);
	if (budgets_measure(budgets, &now, before, err) < 0)
		return error_prefix(err, "check");
	if (print(options, budgets, &now, before, err) < 0)
		return -1;
	say_unmet(budgets, snap);
	status = strict_status(options->strict, snaps, before ? 2 : 1);
	if (budgets->broken)
		log_say("%zu of %zu rules broken by %s", budgets->broken, budgets->all.count,
			snap->file);
	return budgets->broken ? EXIT_CHECK_FAILED : status;
}

static int open_snaps(const struct check_options *options, const char *name, struct snapfile *snap,
	struct snapfile *base, struct error *err)
{
	char *newest = NULL;
	int rc = 0;

	if (!name) {
		newest = snapfile_newest(0, NULL, err);
		rc = newest ? 0 : -1;
	}
	if (rc == 0)
		rc = snapfile_open(snap, name ? name : newest, err);
	if (rc == 0 && options->base)
		rc = snapfile_open(base, options->base, err);
	free(newest);
	return rc;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct check_options *options = data;
	struct snapfile snap = {0}, base = {0};
	struct budgets budgets = {0};
	int rc = 0;

	log_quiet = options->quiet;
	if (argc > 1)
		rc = error_set(err, "check: one snapshot, not %d", argc);
	else if (options->json && options->format && strcmp(options->format, "json") != 0)
		rc = error_set(
			err, "--json and --format %s contradict each other", options->format);
	if (rc == 0)
		rc = map_path_check(&options->map_paths, err);
	if (rc == 0)
		rc = read_rules(options, &budgets, err);
	if (rc == 0)
		rc = open_snaps(options, argc ? argv[0] : NULL, &snap, &base, err);
	if (rc == 0)
		rc = check(options, &budgets, &snap, &base, err);
	budgets_release(&budgets);
	snapfile_close(&snap);
	snapfile_close(&base);
	ARRAY_FREE(&options->rules);
	ARRAY_FREE(&options->map_paths);
	return rc;
}

const struct command command_check = {
	.name = "check",
	.usage = "[SNAP[@MOMENT]] --max WHAT=LIMIT ... [--base OLD --max-growth LIMIT ...]",
	.summary = "hold a snapshot to budgets; exit 1 when one is broken",
	.options = rows,
	.options_size = sizeof(struct check_options),
	.run = run,
};
