/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines: every way to write an option, and the line that each mistake gets. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/command.h"
#include "cmd/suggest.h"

struct sample {
	bool all, quiet, help;
	const char *file, *by, *cumulative;
	int64_t frames;
	struct option_number limit;
	uint64_t size;
	struct option_list filters;
};

#define ROW(name_, letter_, type_, field)                                                          \
	.name = name_, .letter = letter_, .type = type_, .offset = offsetof(struct sample, field)

static const struct option_row rows[] = {
	{ROW("all", 'a', OPTION_FLAG, all)},
	{ROW("quiet", 'q', OPTION_FLAG, quiet)},
	{ROW("output", 'o', OPTION_TEXT, file), .argument = "FILE"},
	{ROW("by", 0, OPTION_CHOICE, by), .choices = "filename|lineno|traceback"},
	{ROW("cumulative", 0, OPTION_OPTIONAL, cumulative), .choices = "once"},
	{ROW("frames", 0, OPTION_NUMBER, frames), .argument = "N", .low = 1, .high = 65535},
	{ROW("limit", 'n', OPTION_GIVEN, limit), .argument = "N"},
	{ROW("max", 0, OPTION_SIZE, size), .argument = "SIZE"},
	{ROW("include", 0, OPTION_LIST, filters), .argument = "GLOB"},
	{ROW("exclude", 0, OPTION_LIST, filters), .argument = "GLOB"},
	{.name = NULL},
};

static const struct command plain = {.name = "sample", .options = rows};
static const struct command runs = {.name = "sample", .options = rows, .stops_at_operand = true};

struct parsed {
	struct sample sample;
	char **operands;
	int n, rc;
	bool help;
	struct error err;
};

/* Words separated by one space; an empty word is an empty argument. */
static struct parsed parse(const struct command *command, const char *line)
{
	static char words[1000];
	struct parsed parsed = {.err = ERROR_INIT};
	char *argv[20], *at = words;
	int argc = 0;

	strcpy(words, line);
	while (*line && at)
		argv[argc++] = strsep(&at, " ");
	parsed.rc = options_parse(command, &parsed.sample, argc, argv, &parsed.operands, &parsed.n,
		&parsed.help, &parsed.err);
	return parsed;
}

static void release(struct parsed *parsed)
{
	free(parsed->operands);
	ARRAY_FREE(&parsed->sample.filters);
}

Test(options, every_way_to_write_one)
{
	struct parsed p = parse(&plain, "x -aq --output=a=b y -n5 --limit -3 --by lineno -- --all");

	cr_assert_eq(p.rc, 0, "%s", p.err.text);
	cr_assert(p.sample.all && p.sample.quiet);
	cr_assert_str_eq(p.sample.file, "a=b");
	cr_assert_str_eq(p.sample.by, "lineno");
	cr_assert(p.sample.limit.given);
	cr_assert_eq(p.sample.limit.value, -3);
	cr_assert_eq(p.n, 3);
	cr_assert_str_eq(p.operands[0], "x");
	cr_assert_str_eq(p.operands[1], "y");
	cr_assert_str_eq(p.operands[2], "--all");
	release(&p);
	p = parse(&plain, "-ao file -");
	cr_assert_str_eq(p.sample.file, "file");
	cr_assert_str_eq(p.operands[0], "-");
	release(&p);
	p = parse(&plain, "-ofile --output  --max 1.5M");
	cr_assert_str_eq(p.sample.file, "");
	cr_assert_eq(p.sample.size, 3 << 19);
	release(&p);
}

Test(options, what_was_not_given_stays)
{
	struct parsed p = parse(&plain, "");

	cr_assert_eq(p.rc, 0);
	cr_assert_not(p.sample.limit.given);
	cr_assert_null(p.sample.cumulative);
	cr_assert_eq(p.n, 0);
	release(&p);
}

Test(options, optional_values)
{
	struct parsed p = parse(&plain, "--cumulative once");

	cr_assert_str_eq(p.sample.cumulative, "");
	cr_assert_eq(p.n, 1);
	release(&p);
	p = parse(&plain, "--cumulative=once");
	cr_assert_str_eq(p.sample.cumulative, "once");
	release(&p);
}

Test(options, lists_keep_their_order)
{
	struct parsed p = parse(&plain, "--exclude=a --include b --exclude ");

	cr_assert_eq(p.sample.filters.count, 3);
	cr_assert_str_eq(p.sample.filters.items[0].row->name, "exclude");
	cr_assert_str_eq(p.sample.filters.items[1].value, "b");
	cr_assert_str_eq(p.sample.filters.items[1].row->name, "include");
	cr_assert_str_eq(p.sample.filters.items[2].value, "");
	release(&p);
}

Test(options, a_program_owns_what_follows_it)
{
	struct parsed p = parse(&runs, "-q prog -a --help -- x");

	cr_assert_eq(p.rc, 0, "%s", p.err.text);
	cr_assert(p.sample.quiet && !p.sample.all && !p.help);
	cr_assert_eq(p.n, 5);
	cr_assert_str_eq(p.operands[3], "--");
	release(&p);
	p = parse(&runs, "-- -q -a");
	cr_assert_eq(p.n, 2);
	cr_assert_str_eq(p.operands[0], "-q");
	release(&p);
}

Test(options, help_is_known_everywhere)
{
	struct parsed p = parse(&plain, "x --help");

	cr_assert(p.help);
	release(&p);
	p = parse(&plain, "-ah");
	cr_assert(p.help && p.sample.all);
	release(&p);
}

static void assert_error(const char *line, const char *text, const char *hint)
{
	struct parsed p = parse(&plain, line);

	cr_assert_eq(p.rc, -1, "%s", line);
	cr_expect_eq(p.err.status, EXIT_BAD_INPUT);
	cr_expect_str_eq(p.err.text, text);
	cr_expect_str_eq(p.err.hint, hint);
	release(&p);
}

Test(options, mistakes)
{
	assert_error("--al", "sample: unknown option '--al'", "did you mean '--all'?");
	assert_error(
		"--inlcude=x", "sample: unknown option '--inlcude=x'", "did you mean '--include'?");
	assert_error("--zzz", "sample: unknown option '--zzz'",
		"memtrace help sample tells its options");
	assert_error(
		"-az", "sample: unknown option '-z'", "memtrace help sample tells its options");
	assert_error("--output", "sample: --output needs a value: FILE",
		"memtrace help sample tells its options");
	assert_error("-o", "sample: --output needs a value: FILE",
		"memtrace help sample tells its options");
	assert_error("--all=1", "sample: --all takes no value", "");
	assert_error("--by file", "sample: --by: 'file' is none of filename|lineno|traceback",
		"did you mean 'filename'?");
	assert_error("--by ", "sample: --by: '' is none of filename|lineno|traceback", "");
	assert_error("--by lineno|traceback",
		"sample: --by: 'lineno|traceback' is none of filename|lineno|traceback", "");
	assert_error("--cumulative=twice", "sample: --cumulative: 'twice' is none of once", "");
	assert_error(
		"--frames 0", "sample: --frames: '0' is not in range", "it goes from 1 to 65535");
	assert_error("--frames 1x", "sample: --frames: '1x' is not a number", "");
	assert_error("-n ", "sample: --limit: '' is not a number", "");
	assert_error("-n 99999999999999999999",
		"sample: --limit: '99999999999999999999' is not in range", "");
	assert_error("--max 1Q", "sample: --max: '1Q' is not a size",
		"a size is a number of bytes, or one with K, M, G or T: 512K, 1.5G");
}

Test(options, every_command_has_sound_rows)
{
	for (size_t i = 0; commands[i]; i++) {
		for (const struct option_row *row = commands[i]->options; row && row->name; row++) {
			cr_expect(row->summary && row->offset < commands[i]->options_size,
				"%s --%s", commands[i]->name, row->name);
			cr_expect(row->type == OPTION_FLAG || row->argument, "%s --%s",
				commands[i]->name, row->name);
			cr_expect_eq(option_find(commands[i]->options, row->name), row, "%s --%s",
				commands[i]->name, row->name);
		}
	}
}

static const char *nearest(const char *typed)
{
	static const char *const names[] = {"run", "top", "diff", "export", "import", "info"};
	struct suggestion suggestion = {.typed = typed};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		suggest(&suggestion, names[i]);
	return suggestion.best ? suggestion.best : "";
}

Test(suggest, the_nearest_name)
{
	cr_expect_str_eq(nearest("tpo"), "top");
	cr_expect_str_eq(nearest("topp"), "top");
	cr_expect_str_eq(nearest("exprt"), "export");
	cr_expect_str_eq(nearest("imp"), "import");
	cr_expect_str_eq(nearest("dif"), "diff");
	cr_expect_str_eq(nearest("attach"), "");
	cr_expect_str_eq(nearest(""), "");
	cr_expect_str_eq(nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "");
}
