/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace report SNAP: a page for a browser, with all of a snapshot, or of what changed since another.
 */
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/query_options.h"
#include "cmd/snapfile.h"
#include "cmd/strict.h"
#include "report/html_page.h"

struct report_options {
	struct query_options query;
	const char *base, *output, *moment;
	bool source, force;
};

static const struct option_row rows[] = {
	{.name = "output",
		.letter = 'o',
		.type = OPTION_TEXT,
		.offset = offsetof(struct report_options, output),
		.argument = "FILE",
		.summary = "write FILE (default: SNAP with .html in place of .snap), - for standard output"},
	{.name = "force",
		.letter = 'f',
		.type = OPTION_FLAG,
		.offset = offsetof(struct report_options, force),
		.summary = "replace an existing FILE"},
	{.name = "base",
		.type = OPTION_TEXT,
		.offset = offsetof(struct report_options, base),
		.argument = "OLD[@MOMENT]",
		.summary = "show what changed since the snapshot OLD"},
	{.name = "moment",
		.type = OPTION_TEXT,
		.offset = offsetof(struct report_options, moment),
		.argument = "MOMENT",
		.summary = "show this one first: exit, peak or a label (also SNAP@MOMENT)"},
	{.name = "source",
		.type = OPTION_FLAG,
		.offset = offsetof(struct report_options, source),
		.summary = "put the source lines around each place into the page"},
	QUERY_FILTER_ROWS,
	QUERY_DEMANGLE_ROW,
	QUERY_STRICT_ROW,
	{.name = NULL},
};

/* SNAP with .html for .snap, malloc'ed. */
static char *output_name(const char *file)
{
	size_t size = strlen(file);

	if (size > 5 && strcmp(file + size - 5, ".snap") == 0)
		size -= 5;
	return xasprintf("%.*s.html", (int)size, file);
}

static int write_to(FILE *stream, void *page, struct error *err)
{
	struct out out;

	out_init(&out, stream);
	if (html_page_write(page, &out, err) < 0)
		return -1;
	return out_finish(&out, err);
}

static int write_file(const char *name, bool force, struct html_page *page, struct error *err)
{
	if (file_write_by(name, force ? FILE_REPLACE : FILE_REFUSE_EXISTING, write_to, page, err) < 0)
		return -1;
	log_say("wrote %s; open it in a browser", name);
	return 0;
}

static int write_page(const struct report_options *options, struct snapfile *now, struct snapfile *base, struct error *err)
{
	struct snapshot *snapshots[] = {now->snapshot, base->snapshot};
	size_t n = base->snapshot ? 2 : 1;
	struct html_page page = {
		.now = {now->snapshot, now->file, now->moment},
		.before = {base->snapshot, base->file, base->moment},
		.sources = options->source,
	};
	char *name = options->output ? xstrdup(options->output) : output_name(now->file);
	struct query query;
	int rc;

	map_path_apply(&options->query.map_paths, snapshots, n);
	rc = query_options_read(&options->query, snapshots, n, &query, err);
	page.query = &query;
	snapfile_say_sampled(base);
	snapfile_say_sampled(now);
	if (rc == 0)
		rc = strcmp(name, "-") == 0 ? write_to(stdout, &page, err) : write_file(name, options->force, &page, err);
	query_release(&query);
	free(name);
	return rc;
}

static int open_all(const struct report_options *options, const char *name, struct snapfile *now, struct snapfile *base,
	struct error *err)
{
	if (snapfile_open(now, name, err) < 0 || snapfile_choose(now, options->moment, err) < 0)
		return -1;
	return options->base ? snapfile_open(base, options->base, err) : 0;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct report_options *options = data;
	struct snapfile now = {0}, base = {0};
	const struct snapfile *snaps[] = {&now, &base};
	char *newest = NULL;
	int rc = query_options_check(&options->query, err);

	if (rc == 0 && argc > 1) {
		rc = error_set(err, "report: one snapshot, not %d", argc);
		error_hint(err, "memtrace report NEW --base OLD shows what changed");
	}
	if (rc == 0 && argc == 0) {
		newest = snapfile_newest(0, options->base, err);
		rc = newest ? 0 : -1;
	}
	if (rc == 0)
		rc = open_all(options, newest ? newest : argv[0], &now, &base, err);
	if (rc == 0)
		rc = write_page(options, &now, &base, err);
	if (rc == 0)
		rc = strict_status(options->query.strict, snaps, base.snapshot ? 2 : 1);
	snapfile_close(&now);
	snapfile_close(&base);
	free(newest);
	query_options_release(&options->query);
	return rc;
}

const struct command command_report = {
	.name = "report",
	.usage = "[OPTIONS] [SNAP[@MOMENT]]",
	.summary = "write a page for a browser: timeline, flame graph, tables",
	.options = rows,
	.options_size = sizeof(struct report_options),
	.run = run,
};
