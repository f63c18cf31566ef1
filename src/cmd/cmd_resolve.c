/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace resolve SNAP…: names again, later or on another machine, where debug files are. Names only
 * get better: who cannot be named here keeps the names that it has. A file is replaced whole, and
 * only when there is something new in it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/units.h"
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/naming.h"
#include "cmd/progress.h"
#include "cmd/snapfile.h"
#include "cmd/symbol_options.h"
#include "report/info.h"

struct resolve_options {
	const char *output;
	bool force, quiet, verbose, json;
	struct symbol_options symbols;
};

static const struct option_row rows[] = {
	{.name = "output",
		.letter = 'o',
		.type = OPTION_TEXT,
		.offset = offsetof(struct resolve_options, output),
		.argument = "FILE",
		.summary = "write FILE instead of replacing SNAP"},
	{.name = "force",
		.letter = 'f',
		.type = OPTION_FLAG,
		.offset = offsetof(struct resolve_options, force),
		.summary = "replace an existing FILE"},
	SYMBOL_OPTION_ROWS(struct resolve_options, symbols),
	{.name = "verbose",
		.letter = 'v',
		.type = OPTION_FLAG,
		.offset = offsetof(struct resolve_options, verbose),
		.summary = "tell of each module what was found"},
	{.name = "quiet",
		.letter = 'q',
		.type = OPTION_FLAG,
		.offset = offsetof(struct resolve_options, quiet),
		.summary = "say nothing but errors"},
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct resolve_options, json),
		.summary = "tell what was written, as info --json does"},
	{.name = NULL},
};

/* What all modules of a snapshot came to. */
struct sums {
	size_t modules, places, better;
};

static void tell_module(const struct module *module, const struct naming_module *told,
	const struct strings *strings)
{
	static const char *const names[] = {
		[MODULE_NAMES_NONE] = "no names",
		[MODULE_NAMES_SYMTAB] = "functions",
		[MODULE_NAMES_DWARF] = "functions and lines",
	};
	const struct symbol_source *source = &told->source;
	char places[UNITS_MAX];

	log_say("%s: %s%s%s%s%s; %zu of %s got better", strings_get(strings, module->path),
		names[source->names], source->from ? " from " : "",
		source->from ? source->from : "", source->why ? ": " : "",
		source->why ? source->why : "", told->better,
		units_count(places, told->places, "place"));
}

static struct sums name(
	const struct resolve_options *options, struct snapshot *snapshot, struct symbolizer *symbolizer)
{
	const struct naming_options naming = {.keep_better = true};
	struct naming_module *told = xcalloc(snapshot->modules.count + 1, sizeof(*told));
	struct sums sums = {0};

	naming_apply(snapshot, symbolizer, &naming, told);
	for (size_t i = 0; i < snapshot->modules.count; i++) {
		if (!told[i].asked)
			continue;
		sums.modules++;
		sums.places += told[i].places;
		sums.better += told[i].better;
		if (options->verbose)
			tell_module(&snapshot->modules.items[i], &told[i], snapshot->strings);
	}
	free(told);
	return sums;
}

static int write_named(const struct resolve_options *options, const struct snapshot *snapshot,
	const char *file, struct error *err)
{
	enum file_replace replace =
		!options->output || options->force ? FILE_REPLACE : FILE_REFUSE_EXISTING;
	struct buffer bytes = {0};
	int rc;

	if (snapshot_check(snapshot, err) < 0)
		return error_prefix(err, "resolve");
	snapshot_encode(snapshot, &bytes);
	rc = file_write(file, bytes.data, bytes.size, replace, err);
	buffer_free(&bytes);
	return rc;
}

static void say(const struct resolve_options *options, const char *file, const struct sums *sums)
{
	char places[UNITS_MAX], modules[UNITS_MAX];

	if (!sums->places)
		log_say("%s has no addresses that could be named", file);
	else
		log_say("%s%s: %zu of %s in %s got better names%s",
			sums->better || options->output ? "wrote " : "nothing new for ", file, sums->better,
			units_count(places, sums->places, "place"),
			units_count(modules, sums->modules, "module"),
			sums->better || options->verbose ? "" : " (-v says why)");
}

static int resolve(const struct resolve_options *options, const struct snapfile *snap,
	struct symbolizer *symbolizer, struct error *err)
{
	const char *file = options->output ? options->output : snap->file;
	struct sums sums;
	int rc = 0;

	progress_begin();
	sums = name(options, snap->snapshot, symbolizer);
	progress_tell("writing %s", file);
	if (sums.better || options->output)
		rc = write_named(options, snap->snapshot, file, err);
	progress_end();
	if (rc == 0)
		say(options, file, &sums);
	if (rc == 0 && options->json)
		rc = info_tell(snap->snapshot, file, err);
	return rc;
}

/* All can be read, and written, before any is changed. */
static int open_all(const struct resolve_options *options, struct snapfile *snaps, char **names, size_t n,
	struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (snapfile_open(&snaps[i], names[i], err) < 0)
			return -1;
		if (snaps[i].named_moment) {
			error_set(err, "resolve: '%s' is a moment of a snapshot, and all are named", names[i]);
			return error_hint(err, "memtrace resolve %s", snaps[i].file);
		}
		if (!options->output && file_check_writable(snaps[i].file, FILE_REPLACE, err) < 0)
			return -1;
	}
	return 0;
}

static int resolve_all(struct resolve_options *options, char **names, size_t n, struct error *err)
{
	struct symbolizer_options where = {0};
	struct snapfile *snaps = xcalloc(n, sizeof(*snaps));
	struct symbolizer *symbolizer;
	int rc = symbol_options_read(&options->symbols, &where, err);

	if (rc == 0)
		rc = open_all(options, snaps, names, n, err);
	/* One for all of them: a run's processes share their libraries. */
	symbolizer = symbolizer_new(&where);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = resolve(options, &snaps[i], symbolizer, err);
	symbolizer_free(symbolizer);
	for (size_t i = 0; i < n; i++)
		snapfile_close(&snaps[i]);
	free(snaps);
	return rc;
}

static int check(const struct resolve_options *options, int argc, struct error *err)
{
	if (argc < 1) {
		error_set(err, "resolve: no snapshot given");
		return error_hint(err, "memtrace resolve a.snap --debug-dir DIR");
	}
	if (options->output && argc > 1) {
		error_set(err, "resolve: -o is for one snapshot, not for %d", argc);
		return error_hint(err, "without -o each is replaced");
	}
	if (!options->output)
		return 0;
	return file_check_writable(
		options->output, options->force ? FILE_REPLACE : FILE_REFUSE_EXISTING, err);
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct resolve_options *options = data;
	int rc;

	log_quiet = options->quiet || options->json;
	rc = check(options, argc, err);
	if (rc == 0)
		rc = resolve_all(options, argv, (size_t)argc, err);
	symbol_options_release(&options->symbols);
	return rc;
}

const struct command command_resolve = {
	.name = "resolve",
	.usage = "[OPTIONS] SNAP...",
	.summary = "name a snapshot's addresses again: where debug files are, or later",
	.options = rows,
	.options_size = sizeof(struct resolve_options),
	.run = run,
};
