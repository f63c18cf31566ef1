/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the user can ask: one row in command.c and one file cmd_NAME.c a command.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "base/error.h"
#include "cmd/options.h"

struct command {
	const char *name;
	const char *usage;		  /* after the name: "[-o FILE] [--] PROG [ARG…]" */
	const char *summary;		  /* one line in `memtrace help` */
	const struct option_row *options; /* ends with a NULL long name */
	size_t options_size;   /* of its own options struct, zeroed before parsing, handed to run */
	bool stops_at_operand; /* run: everything from the first operand on belongs to the program
				*/
	/* Returns the exit status, or -1 with ERR set (the caller prints it and its hint and uses
	 * err->status). ARGV: operands. */
	int (*run)(void *options, int argc, char **argv, struct error *err);
};

extern const struct command command_run;
extern const struct command command_top;
extern const struct command command_diff;
extern const struct command command_tree;
extern const struct command command_annotate;
extern const struct command command_report;
extern const struct command command_leaks;
extern const struct command command_snapshot;
extern const struct command command_ctl;
extern const struct command command_live;
extern const struct command command_attach;
extern const struct command command_detach;
extern const struct command command_doctor;
extern const struct command command_info;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_merge;
extern const struct command command_resolve;
extern const struct command command_addr;
extern const struct command command_check;
extern const struct command command_complete;
extern const struct command command_help;

/* All of them, ending with NULL, in the order of `memtrace help`. */
extern const struct command *const commands[];
const struct command *command_find(const char *name);

#endif
