/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options that top and diff share: how a table is asked for and how it is printed.
 */
#ifndef CMD_QUERY_OPTIONS_H
#define CMD_QUERY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/out.h"
#include "cmd/options.h"
#include "model/snapshot.h"
#include "report/printer.h"
#include "report/query.h"

struct query_options {
	const char *by, *cumulative, *sort, *format, *only_domain;
	struct option_list filters;
	struct option_number limit, frames;
	bool all_frames, hide_std, oldest_first, json;
};

/* Rows of a command's table; its options struct begins with struct query_options. */
#define QUERY_OPTION_ROWS                                                                          \
	{.name = "by",                                                                             \
		.letter = 'b',                                                                     \
		.type = OPTION_CHOICE,                                                             \
		.offset = offsetof(struct query_options, by),                                      \
		.argument = "KEY",                                                                 \
		.choices = QUERY_BY_NAMES,                                                         \
		.summary = "group by lineno (default), filename, traceback, function, module, "    \
			   "thread, owner"},                                                       \
	{.name = "limit",                                                                          \
		.letter = 'n',                                                                     \
		.type = OPTION_GIVEN,                                                              \
		.offset = offsetof(struct query_options, limit),                                   \
		.argument = "N",                                                                   \
		.low = 0,                                                                          \
		.high = INT64_MAX,                                                                 \
		.summary = "print the first N rows (default: 10), 0 for all"},                     \
	{.name = "sort",                                                                           \
		.type = OPTION_CHOICE,                                                             \
		.offset = offsetof(struct query_options, sort),                                    \
		.argument = "KEY",                                                                 \
		.choices = QUERY_SORT_NAMES,                                                       \
		.summary = "order by size (default), count, average or name"},                     \
	{.name = "cumulative",                                                                     \
		.type = OPTION_OPTIONAL,                                                           \
		.offset = offsetof(struct query_options, cumulative),                              \
		.argument = "once",                                                                \
		.choices = "once",                                                                 \
		.summary = "count a block for every frame of its stack; =once: for every place"},  \
	{.name = "include",                                                                        \
		.type = OPTION_LIST,                                                               \
		.offset = offsetof(struct query_options, filters),                                 \
		.argument = "GLOB[:LINE]",                                                         \
		.summary = "only blocks whose most recent frame matches, of any --include"},       \
	{.name = "exclude",                                                                        \
		.type = OPTION_LIST,                                                               \
		.offset = offsetof(struct query_options, filters),                                 \
		.argument = "GLOB[:LINE]",                                                         \
		.summary = "no blocks whose most recent frame matches"},                           \
	{.name = "domain",                                                                         \
		.type = OPTION_LIST,                                                               \
		.offset = offsetof(struct query_options, filters),                                 \
		.argument = "D",                                                                   \
		.summary = "like --include, for the blocks of a domain, by number or name"},       \
	{.name = "exclude-domain",                                                                 \
		.type = OPTION_LIST,                                                               \
		.offset = offsetof(struct query_options, filters),                                 \
		.argument = "D",                                                                   \
		.summary = "no blocks of a domain"},                                               \
	{.name = "only-domain",                                                                    \
		.type = OPTION_TEXT,                                                               \
		.offset = offsetof(struct query_options, only_domain),                             \
		.argument = "D",                                                                   \
		.summary = "only blocks of a domain, whatever else is included"},                  \
	{.name = "all-frames",                                                                     \
		.type = OPTION_FLAG,                                                               \
		.offset = offsetof(struct query_options, all_frames),                              \
		.summary = "--include and --exclude look at every frame of a stack"},              \
	{.name = "hide-std",                                                                       \
		.type = OPTION_FLAG,                                                               \
		.offset = offsetof(struct query_options, hide_std),                                \
		.summary = "leave frames of libc, C++ library and allocators out of stacks"},      \
	{.name = "frames",                                                                         \
		.type = OPTION_GIVEN,                                                              \
		.offset = offsetof(struct query_options, frames),                                  \
		.argument = "N",                                                                   \
		.summary = "of tracebacks show the N most recent frames; -N drops N"},             \
	{.name = "oldest-first",                                                                   \
		.type = OPTION_FLAG,                                                               \
		.offset = offsetof(struct query_options, oldest_first),                            \
		.summary = "show tracebacks with the oldest frame first"},                         \
	{.name = "format",                                                                         \
		.type = OPTION_CHOICE,                                                             \
		.offset = offsetof(struct query_options, format),                                  \
		.argument = "FORMAT",                                                              \
		.choices = PRINTER_NAMES,                                                          \
		.summary = "text, table, json or csv (default: table on a terminal, else text)"},  \
	{.name = "json",                                                                           \
		.type = OPTION_FLAG,                                                               \
		.offset = offsetof(struct query_options, json),                                    \
		.summary = "the same as --format json"}

/* The query; SNAPSHOTS are for the names of domains. To be released with query_release either way. */
int query_options_read(const struct query_options *options, struct snapshot *const *snapshots,
	size_t n, struct query *query, struct error *err);
/* What of that needs no snapshot: to be asked before files are read. */
int query_options_check(const struct query_options *options, struct error *err);
const struct printer *query_options_printer(
	const struct query_options *options, const struct out *out);
void query_options_release(struct query_options *options);

#endif
