/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace complete -- WORD…: the question that the files in completions/ ask at each TAB.
 */
#include "cmd/command.h"
#include "cmd/completion.h"

static int run(void *options, int argc, char **argv, struct error *err)
{
	struct out out;

	(void)options;
	out_init(&out, stdout);
	completion_write(&out, argv, argc);
	return out_finish(&out, err);
}

const struct command command_complete = {
	.name = "complete",
	.usage = "-- [WORD…]",
	.summary = "tell a shell what may stand in place of the last WORD",
	.run = run,
};
