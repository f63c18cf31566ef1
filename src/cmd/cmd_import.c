/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace import FILE.json -o a.snap: the inverse of export --to json.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/file.h"
#include "cmd/command.h"
#include "report/import_json.h"
#include "report/info.h"

#define DOCUMENT_SIZE_MAX ((size_t)1 << 32)

struct import_options {
	const char *output;
	bool force, json;
};

static const struct option_row rows[] = {
	{.name = "output",
		.letter = 'o',
		.type = OPTION_TEXT,
		.offset = offsetof(struct import_options, output),
		.argument = "FILE",
		.summary = "the snapshot to write"},
	{.name = "force",
		.letter = 'f',
		.type = OPTION_FLAG,
		.offset = offsetof(struct import_options, force),
		.summary = "replace an existing FILE"},
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct import_options, json),
		.summary = "tell what was imported, as info --json does"},
	{.name = NULL},
};

/* Whether SIZE more bytes at CHUNK make it no document, whatever comes: it need not be read to its end, which it may not have. */
static bool is_hopeless(const struct buffer *text, const char *chunk, size_t size)
{
	size_t blanks = 0;

	while (!text->size && blanks < size && strchr(" \t\r\n", chunk[blanks]))
		blanks++;
	return memchr(chunk, 0, size) || (!text->size && blanks < size && !strchr("{[", chunk[blanks]));
}

static int read_stdin(struct buffer *text, struct error *err)
{
	char chunk[65536];
	bool done = false;
	ssize_t n;

	while (!done && (n = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, "cannot read standard input: %s", strerror(errno));
		if (text->size + (size_t)n > DOCUMENT_SIZE_MAX)
			return error_set(
				err, "standard input: larger than %zu bytes", DOCUMENT_SIZE_MAX);
		done = is_hopeless(text, chunk, (size_t)n);
		buffer_bytes(text, chunk, (size_t)n);
	}
	return 0;
}

static struct snapshot *import(const char *name, struct error *err)
{
	struct snapshot *snapshot = NULL;
	struct buffer text = {0};
	struct file_view view;

	if (strcmp(name, "-") == 0) {
		if (read_stdin(&text, err) < 0)
			return NULL;
		snapshot = import_json((const char *)text.data, text.size, err);
		buffer_free(&text);
		if (!snapshot)
			error_prefix(err, "standard input");
		return snapshot;
	}
	if (file_view_open(&view, name, DOCUMENT_SIZE_MAX, err) < 0)
		return NULL;
	snapshot = import_json((const char *)view.data, view.size, err);
	file_view_close(&view);
	if (!snapshot)
		error_prefix(err, "%s", name);
	return snapshot;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct import_options *options = data;
	enum file_replace replace = options->force ? FILE_REPLACE : FILE_REFUSE_EXISTING;
	struct snapshot *snapshot;
	struct buffer bytes = {0};
	int rc;

	if (argc != 1)
		return error_set(err, "import: one document, not %d", argc);
	if (!options->output) {
		error_set(err, "import: -o is missing");
		return error_hint(err, "memtrace import %s -o a.snap", argv[0]);
	}
	if (file_check_writable(options->output, replace, err) < 0)
		return -1;
	snapshot = import(argv[0], err);
	if (!snapshot)
		return -1;
	snapshot_encode(snapshot, &bytes);
	rc = file_write(options->output, bytes.data, bytes.size, replace, err);
	buffer_free(&bytes);
	if (rc == 0 && options->json)
		rc = info_tell(snapshot, options->output, err);
	snapshot_free(snapshot);
	return rc;
}

const struct command command_import = {
	.name = "import",
	.usage = "[OPTIONS] FILE.json -o SNAP",
	.summary = "make a snapshot of a JSON document (export --to json), - for standard input",
	.options = rows,
	.options_size = sizeof(struct import_options),
	.run = run,
};
