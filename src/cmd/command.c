/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of commands. A new one is one file and one row here.
 */
#include "cmd/command.h"

#include <string.h>

const struct command *const commands[] = {
	&command_run,
	&command_top,
	&command_diff,
	&command_tree,
	&command_annotate,
	&command_report,
	&command_leaks,
	&command_snapshot,
	&command_ctl,
	&command_live,
	&command_attach,
	&command_detach,
	&command_doctor,
	&command_info,
	&command_export,
	&command_import,
	&command_merge,
	&command_resolve,
	&command_addr,
	&command_check,
	&command_complete,
	&command_help,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}
