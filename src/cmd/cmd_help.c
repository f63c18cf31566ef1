/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace help [COMMAND].
 */
#include "cmd/command.h"
#include "cmd/help.h"

struct help_options {
	bool json;
};

static const struct option_row rows[] = {
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct help_options, json),
		.summary = "the same as one object, with all options"},
	{.name = NULL},
};

static int run(void *data, int argc, char **argv, struct error *err)
{
	const struct help_options *options = data;
	const struct command *command = argc ? command_find(argv[0]) : NULL;
	struct out out;

	out_init(&out, stdout);
	if (argc > 1)
		return error_set(err, "help: one command at a time, not %d", argc);
	if (argc && !command)
		return help_unknown_command(argv[0], err);
	if (options->json)
		help_json(command, &out);
	else if (command)
		help_command(command, &out);
	else
		help_commands(&out);
	return out_finish(&out, err);
}

const struct command command_help = {
	.name = "help",
	.usage = "[--json] [COMMAND]",
	.summary = "say what there is, or what a command does",
	.options = rows,
	.options_size = sizeof(struct help_options),
	.run = run,
};
