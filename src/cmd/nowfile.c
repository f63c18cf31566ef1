/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The default name gets a number when it is taken, since nobody chose it; one that was given is refused then.
 */
#include <stdlib.h>
#include <unistd.h>
#include "base/file.h"
#include "base/memory.h"
#include "cmd/keep.h"
#include "cmd/nowfile.h"
#include "cmd/pattern.h"

static char *expand(const char *pattern, const struct snapshot *snapshot)
{
	const struct run *run = &snapshot->run;
	const struct pattern_values values = {
		.program = run->command.count ? strings_get(snapshot->strings, run->command.items[0]) : "process",
		.pid = (pid_t)run->pid,
		.time_s = run->taken_ns / 1000000000,
		.host = strings_get(snapshot->strings, run->host),
	};

	return pattern_expand(pattern, &values);
}

int nowfile_write(const char *output, bool force, const struct snapshot *snapshot, const struct buffer *body, char **name,
	struct error *err)
{
	enum file_replace replace = force ? FILE_REPLACE : FILE_REFUSE_EXISTING;
	int rc = -1;

	*name = expand(output ? output : NOWFILE_PATTERN, snapshot);
	for (int i = 2; i < KEEP_NAMES_TRIED; i++) {
		char *next;

		rc = file_write(*name, body->data, body->size, replace, err);
		if (rc == 0 || output || access(*name, F_OK) < 0)
			break;
		free(*name);
		next = xasprintf("memtrace.%%e.%%p.now.%d.snap", i);
		*name = expand(next, snapshot);
		free(next);
	}
	return rc;
}
