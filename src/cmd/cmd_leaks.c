/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace leaks: blocks that nobody can free any more, as valgrind's memcheck tells them. Of a snapshot that was taken with them
 * (run --leaks), of a process that is asked now, or of two of these what has grown between them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "cmd/asking.h"
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/nowfile.h"
#include "cmd/query_options.h"
#include "cmd/snapfile.h"
#include "cmd/strict.h"
#include "record/control.h"
#include "report/suppress.h"

enum { SUPPRESSIONS_MAX = 16 << 20, KINDS_DEFAULT = 1 << LEAK_DEFINITE | 1 << LEAK_POSSIBLE };

struct leaks_options {
	struct query_options query;
	struct option_list suppressions;
	const char *kinds, *output;
	bool exit_code, force;
};

static const struct option_row rows[] = {
	QUERY_OPTION_ROWS,
	{.name = "kinds",
		.type = OPTION_TEXT,
		.offset = offsetof(struct leaks_options, kinds),
		.argument = "KINDS",
		.summary = "of definite,indirect,possible,reachable, or all (default: definite,possible)"},
	{.name = "suppressions",
		.type = OPTION_LIST,
		.offset = offsetof(struct leaks_options, suppressions),
		.argument = "FILE",
		.summary = "leave out what FILE, of LeakSanitizer's form, names"},
	{.name = "exit-code",
		.type = OPTION_FLAG,
		.offset = offsetof(struct leaks_options, exit_code),
		.summary = "exit 1 when there are definitely lost blocks"},
	{.name = "output",
		.letter = 'o',
		.type = OPTION_TEXT,
		.offset = offsetof(struct leaks_options, output),
		.argument = "FILE",
		.summary = "of a process: keep the snapshot, too, patterns as of run"},
	{.name = "force",
		.letter = 'f',
		.type = OPTION_FLAG,
		.offset = offsetof(struct leaks_options, force),
		.summary = "replace an existing FILE"},
	{.name = NULL},
};

static int read_kinds(const char *text, unsigned int *kinds, struct error *err)
{
	*kinds = text ? 0 : KINDS_DEFAULT;
	for (size_t size; text && *text; text += size + (text[size] == ',')) {
		unsigned int found = 0;

		size = strcspn(text, ",");
		if (size == 3 && strncmp(text, "all", 3) == 0)
			found = (1 << LEAK_KINDS) - 1;
		for (int kind = 0; kind < LEAK_KINDS; kind++)
			if (strlen(leak_kind_name(kind)) == size && strncmp(text, leak_kind_name(kind), size) == 0)
				found |= 1u << kind;
		if (!found) {
			error_set(err, "leaks: --kinds: '%.*s' is no kind of leak", (int)size, text);
			return error_hint(err, "definite, indirect, possible, reachable, or all");
		}
		*kinds |= found;
	}
	return *kinds ? 0 : error_set(err, "leaks: --kinds: none is named");
}

static int read_suppressions(const struct option_list *files, struct suppressions *suppressions, struct error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const char *name = files->items[i].value;
		struct file_view view;
		int rc;

		if (file_view_open(&view, name, SUPPRESSIONS_MAX, err) < 0)
			return error_prefix(err, "%s", name);
		rc = suppressions_add(suppressions, (const char *)view.data, view.size, err);
		file_view_close(&view);
		if (rc < 0)
			return error_prefix(err, "%s", name);
	}
	return 0;
}

/* The snapshot with leaks of a running process, to *SNAP. */
static int ask(struct snapfile *snap, const struct leaks_options *options, const char *operand, struct error *err)
{
	struct control_request request = {.verb = CONTROL_LEAKS};
	struct buffer body = {0};
	int32_t collector = 0;
	int rc = asking_pid("leaks", operand, &request.pid, err);

	if (rc == 0)
		rc = control_ask(&request, &body, &collector, err);
	if (rc == 0 && !(snap->snapshot = snapshot_decode(body.data, body.size, err))) {
		err->status = EXIT_MEMTRACE_FAILED;
		rc = error_prefix(err, "the collector's answer");
	}
	if (rc == 0 && options->output)
		rc = nowfile_write(options->output, options->force, snap->snapshot, &body, &snap->file, err);
	else if (rc == 0)
		snap->file = xasprintf("process %s", operand);
	buffer_free(&body);
	if (rc < 0)
		return -1;
	rc = snapshot_moment(snap->snapshot, NULL, err);
	snap->moment = rc < 0 ? 0 : (size_t)rc;
	return rc < 0 ? -1 : 0;
}

static bool is_pid(const char *operand)
{
	return *operand && strspn(operand, "0123456789") == strlen(operand);
}

static int open_one(struct snapfile *snap, const struct leaks_options *options, const char *operand, struct error *err)
{
	if (is_pid(operand))
		return ask(snap, options, operand, err);
	if (snapfile_open(snap, operand, err) < 0)
		return -1;
	if (!snap->named_moment)
		return 0;
	error_set(err, "leaks: %s: leaks are looked for once, and not at each moment", operand);
	return error_hint(err, "memtrace leaks %s", snap->file);
}

/* Of the rows, and of those that are not shown. */
static bool has_lost(const struct table *table)
{
	const struct table_leaks *lost = &table->leaks[LEAK_DEFINITE];

	for (size_t i = 0; i < lost->now.rows.count; i++) {
		const struct group_row *now = &lost->now.rows.items[i];
		const struct group_row *before = table->is_diff ? groups_find(&lost->before, now->key) : NULL;

		if (!before || now->size > before->size || now->count > before->count)
			return true;
	}
	return false;
}

/* SNAPS: one, or an older and a newer. */
static int print(const struct leaks_options *options, const struct snapfile *snaps, size_t n, struct error *err)
{
	struct snapshot *snapshots[2] = {snaps[0].snapshot, snaps[n - 1].snapshot};
	struct side before = {snaps[0].snapshot, snaps[0].file, snaps[0].moment};
	struct side now = {snaps[n - 1].snapshot, snaps[n - 1].file, snaps[n - 1].moment};
	struct suppressions suppressions = {0};
	struct table table = {0};
	unsigned int kinds;
	struct query query;
	struct out out;
	int rc;

	map_path_apply(&options->query.map_paths, snapshots, n);
	rc = query_options_read(&options->query, snapshots, n, &query, err);
	if (rc == 0)
		rc = read_kinds(options->kinds, &kinds, err);
	if (rc == 0)
		rc = read_suppressions(&options->suppressions, &suppressions, err);
	if (suppressions.patterns.count)
		query.suppressions = &suppressions;
	if (rc == 0)
		rc = table_leaks(&table, &query, kinds, n > 1 ? &before : NULL, &now, err);
	if (rc == 0) {
		out_init(&out, stdout);
		query_options_printer(&options->query, &out)->table(&table, &out);
		rc = out_finish(&out, err);
	}
	if (rc == 0 && options->exit_code && has_lost(&table))
		rc = EXIT_CHECK_FAILED;
	if (table.query)
		table_release(&table);
	suppressions_release(&suppressions);
	query_release(&query);
	return rc;
}

/* What is known before anything is read or asked. */
static int check(const struct leaks_options *options, int argc, char **argv, struct error *err)
{
	struct suppressions suppressions = {0};
	bool asks = false;
	unsigned int kinds;
	int rc;

	if (argc > 2)
		return error_set(err, "leaks: one snapshot or process, or an older and a newer, not %d", argc);
	for (int i = 0; i < argc; i++)
		asks |= is_pid(argv[i]);
	if (query_options_check(&options->query, err) < 0 || read_kinds(options->kinds, &kinds, err) < 0)
		return -1;
	rc = read_suppressions(&options->suppressions, &suppressions, err);
	suppressions_release(&suppressions);
	if (rc < 0 || !options->output)
		return rc;
	if (!asks)
		return error_set(err, "leaks: --output is for what a process says: no process is named");
	return strchr(options->output, '%') ? 0 : file_check_writable(options->output,
		options->force ? FILE_REPLACE : FILE_REFUSE_EXISTING, err);
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct leaks_options *options = data;
	struct snapfile snaps[2] = {{0}, {0}};
	const struct snapfile *list[] = {&snaps[0], &snaps[1]};
	size_t n = argc > 1 ? 2 : 1;
	char *newest = NULL;
	int rc;

	if (!options->query.by)
		options->query.by = "traceback";
	rc = check(options, argc, argv, err);
	if (rc == 0 && argc == 0) {
		newest = snapfile_newest(0, NULL, err);
		rc = newest ? 0 : -1;
	}
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = open_one(&snaps[i], options, newest ? newest : argv[i], err);
	if (rc == 0)
		rc = print(options, snaps, n, err);
	if (rc >= 0 && strict_status(options->query.strict, list, n) && rc == 0)
		rc = EXIT_INCOMPLETE;
	snapfile_close(&snaps[0]);
	snapfile_close(&snaps[1]);
	free(newest);
	ARRAY_FREE(&options->suppressions);
	query_options_release(&options->query);
	return rc;
}

const struct command command_leaks = {
	.name = "leaks",
	.usage = "[OPTIONS] [SNAP|PID [SNAP|PID]]",
	.summary = "say which blocks nobody can free any more",
	.options = rows,
	.options_size = sizeof(struct leaks_options),
	.run = run,
};
