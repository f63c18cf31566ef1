/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace help [COMMAND].
 */
#include "cmd/command.h"
#include "cmd/help.h"

static int run(void *options, int argc, char **argv, struct error *err)
{
	const struct command *command;
	struct out out;

	(void)options;
	out_init(&out, stdout);
	if (argc > 1)
		return error_set(err, "help: one command at a time, not %d", argc);
	if (argc == 0) {
		help_commands(&out);
		return out_finish(&out, err);
	}
	command = command_find(argv[0]);
	if (!command)
		return help_unknown_command(argv[0], err);
	help_command(command, &out);
	return out_finish(&out, err);
}

const struct command command_help = {
	.name = "help",
	.usage = "[COMMAND]",
	.summary = "say what there is, or what a command does",
	.run = run,
};
