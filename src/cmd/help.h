/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Help from the tables of commands and options.
 */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "base/error.h"
#include "base/out.h"
#include "cmd/command.h"

void help_commands(struct out *out);
void help_command(const struct command *command, struct out *out);
/* All commands with their options, or ONLY one: memtrace-help/1. */
void help_json(const struct command *only, struct out *out);
/* "unknown command", with the nearest as a hint; returns -1. */
int help_unknown_command(const char *name, struct error *err);

#endif
