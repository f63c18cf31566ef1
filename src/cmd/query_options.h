/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options that top and diff share: how a table is asked for and how it is printed; annotate and tree have a part of them.
 */
#ifndef CMD_QUERY_OPTIONS_H
#define CMD_QUERY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/out.h"
#include "cmd/map_path.h"
#include "cmd/options.h"
#include "model/snapshot.h"
#include "report/printer.h"
#include "report/query.h"

struct query_options {
	const char *by, *cumulative, *sort, *format, *demangle;
	struct option_list filters, only_domains, map_paths;
	struct option_number limit, frames;
	bool all_frames, hide_std, oldest_first, strict, json;
};

/* Rows of a command's table; its options struct begins with struct query_options. */
/* clang-format off */
#define QUERY_ROW(name_, letter_, type_, field_, ...) \
	{ .name = name_, .letter = letter_, .type = type_, \
	  .offset = offsetof(struct query_options, field_), __VA_ARGS__ }

/* Which blocks. */
#define QUERY_FILTER_ROWS \
	QUERY_ROW("include", 0, OPTION_LIST, filters, \
		.argument = "GLOB[:LINE]", \
		.summary = "only blocks whose most recent frame matches, of any --include"), \
	QUERY_ROW("exclude", 0, OPTION_LIST, filters, \
		.argument = "GLOB[:LINE]", \
		.summary = "no blocks whose most recent frame matches"), \
	QUERY_ROW("domain", 0, OPTION_LIST, filters, \
		.argument = "D", \
		.summary = "like --include, for the blocks of a domain, by number or name"), \
	QUERY_ROW("exclude-domain", 0, OPTION_LIST, filters, \
		.argument = "D", \
		.summary = "no blocks of a domain"), \
	QUERY_ROW("only-domain", 0, OPTION_LIST, only_domains, \
		.argument = "D", \
		.summary = "only blocks of a domain, whatever else is included"), \
	MAP_PATH_ROW(struct query_options, map_paths), \
	QUERY_ROW("all-frames", 0, OPTION_FLAG, all_frames, \
		.summary = "--include and --exclude look at every frame of a stack"), \
	QUERY_ROW("hide-std", 0, OPTION_FLAG, hide_std, \
		.summary = "leave frames of libc, C++ library and allocators out of stacks")

/* Which blocks, and where they belong. */
#define QUERY_SIEVE_ROWS \
	QUERY_ROW("cumulative", 0, OPTION_OPTIONAL, cumulative, \
		.argument = "once", .choices = "once", \
		.summary = "count a block for every frame of its stack; =once: for every place"), \
	QUERY_FILTER_ROWS

#define QUERY_DEMANGLE_ROW \
	QUERY_ROW("demangle", 0, OPTION_CHOICE, demangle, \
		.argument = "HOW", .choices = "full|short", \
		.summary = "functions full, with parameters (default), or short, as in tables")

#define QUERY_STRICT_ROW \
	QUERY_ROW("strict", 0, OPTION_FLAG, strict, \
		.summary = "exit 3 when the data is incomplete")

/* How it is printed. */
#define QUERY_SHOW_ROWS \
	QUERY_STRICT_ROW, \
	QUERY_ROW("format", 0, OPTION_CHOICE, format, \
		.argument = "FORMAT", .choices = PRINTER_NAMES, \
		.summary = "text, table, json or csv (default: table on a terminal, else text)"), \
	QUERY_ROW("json", 0, OPTION_FLAG, json, \
		.summary = "the same as --format json")

#define QUERY_OPTION_ROWS \
	QUERY_ROW("by", 'b', OPTION_CHOICE, by, \
		.argument = "KEY", .choices = QUERY_BY_NAMES, \
		.summary = "group by lineno (default), filename, traceback, function, " \
			"thread, process …"), \
	QUERY_ROW("limit", 'n', OPTION_GIVEN, limit, \
		.argument = "N", .low = 0, .high = INT64_MAX, \
		.summary = "print the first N rows (default: 10), 0 for all"), \
	QUERY_ROW("sort", 0, OPTION_CHOICE, sort, \
		.argument = "KEY", .choices = QUERY_SORT_NAMES, \
		.summary = "by size (default), count, average, name, " \
			"temporary, churn, lifetime, peak"), \
	QUERY_SIEVE_ROWS, \
	QUERY_ROW("frames", 0, OPTION_GIVEN, frames, \
		.argument = "N", \
		.summary = "of tracebacks show the N most recent frames; -N drops N"), \
	QUERY_ROW("oldest-first", 0, OPTION_FLAG, oldest_first, \
		.summary = "show tracebacks with the oldest frame first"), \
	QUERY_DEMANGLE_ROW, \
	QUERY_SHOW_ROWS
/* clang-format on */

/* The query; SNAPSHOTS are for the names of domains, and get short names where these are asked for. To be released with query_release either way.
 */
int query_options_read(const struct query_options *options, struct snapshot *const *snapshots,
	size_t n, struct query *query, struct error *err);
/* What of that needs no snapshot: to be asked before files are read. */
int query_options_check(const struct query_options *options, struct error *err);
const struct printer *query_options_printer(
	const struct query_options *options, const struct out *out);
void query_options_release(struct query_options *options);

#endif
