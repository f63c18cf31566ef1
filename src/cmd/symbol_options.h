/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where names may be looked for: the options that all commands share which give names to addresses.
 */
#ifndef CMD_SYMBOL_OPTIONS_H
#define CMD_SYMBOL_OPTIONS_H

#include "base/error.h"
#include "cmd/options.h"
#include "symbol/symbolizer.h"

struct symbol_options {
	struct option_list debug_dirs;
	bool debuginfod;
	const char **folders; /* for the symbolizer; symbol_options_read makes it */
};

/* Rows of a command's table, whose options struct TYPE has a struct symbol_options FIELD. */
/* clang-format off */
#define SYMBOL_OPTION_ROWS(type_, field_) \
	{ .name = "debug-dir", .type = OPTION_LIST, \
	  .offset = offsetof(type_, field_.debug_dirs), .argument = "DIR", \
	  .summary = "look for debug files in DIR too, before /usr/lib/debug; may come several times" }, \
	{ .name = "debuginfod", .type = OPTION_FLAG, .offset = offsetof(type_, field_.debuginfod), \
	  .summary = "ask the servers in $DEBUGINFOD_URLS for debug files that are not here" }
/* clang-format on */

/* As the symbolizer takes them, until symbol_options_release. -1 and an error for what is no folder, and where there is
 * no server. */
int symbol_options_read(
	struct symbol_options *options, struct symbolizer_options *symbols, struct error *err);
/* Also of what was not read. */
void symbol_options_release(struct symbol_options *options);

#endif
