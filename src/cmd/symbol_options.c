/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See symbol_options.h. */
#include "cmd/symbol_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/memory.h"

static int check_folder(const char *name, struct error *err)
{
	struct stat status;

	if (stat(name, &status) < 0)
		return error_set(err, "--debug-dir %s: %s", name, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return error_set(err, "--debug-dir %s: it is not a directory", name);
	return 0;
}

int symbol_options_read(
	struct symbol_options *options, struct symbolizer_options *symbols, struct error *err)
{
	const char *servers = getenv("DEBUGINFOD_URLS");
	size_t n = options->debug_dirs.count;
	const char **names = xcalloc(n + 1, sizeof *names);

	options->folders = names;
	symbols->debug_dirs = names;
	for (size_t i = 0; i < n; i++) {
		names[i] = options->debug_dirs.items[i].value;
		if (check_folder(names[i], err) < 0)
			return -1;
	}
	symbols->debuginfod = options->debuginfod;
	if (options->debuginfod && (!servers || !servers[strspn(servers, " ")])) {
		error_set(err, "--debuginfod: DEBUGINFOD_URLS names no server");
		return error_hint(err, "set it to the servers to ask, with blanks between them");
	}
	return 0;
}

void symbol_options_release(struct symbol_options *options)
{
	free(options->folders);
	options->folders = NULL;
	ARRAY_FREE(&options->debug_dirs);
}
