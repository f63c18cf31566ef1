/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parsing a command line by its table. Every error names the command and the option as the user
 * wrote it. Values are pointers into argv, which outlives the command.
 */
#include "cmd/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "cmd/command.h"
#include "cmd/suggest.h"

struct parse {
	const struct command *command;
	void *options;
	int argc, at; /* AT: the argument behind the one being read */
	char **argv;
	bool help;
	struct error *err;
};

const struct option_row *option_find(const struct option_row *rows, const char *name)
{
	for (const struct option_row *row = rows; row && row->name; row++) {
		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

const struct option_row *option_find_letter(const struct option_row *rows, char letter)
{
	for (const struct option_row *row = rows; row && row->name; row++) {
		if (row->letter == letter)
			return row;
	}
	return NULL;
}

bool option_takes_value(const struct option_row *row)
{
	return row->type != OPTION_FLAG && row->type != OPTION_OPTIONAL;
}

const struct option_row *option_left_open(const struct option_row *rows, const char *word)
{
	const struct option_row *row;

	if (word[0] != '-' || !word[1])
		return NULL;
	if (word[1] == '-') {
		row = option_find(rows, word + 2);
		return row && option_takes_value(row) ? row : NULL;
	}
	for (const char *at = word + 1; *at; at++) {
		row = option_find_letter(rows, *at);
		if (!row || (option_takes_value(row) && at[1]))
			return NULL;
		if (option_takes_value(row))
			return row;
	}
	return NULL;
}

static int hint_help(struct parse *parse)
{
	return error_hint(parse->err, "memtrace help %s tells its options", parse->command->name);
}

static int unknown(struct parse *parse, const char *written, const char *name)
{
	struct suggestion suggestion = {.typed = name};

	for (const struct option_row *row = parse->command->options; row && row->name; row++)
		suggest(&suggestion, row->name);
	suggest(&suggestion, "help");
	error_set(parse->err, "%s: unknown option '%s'", parse->command->name, written);
	if (suggestion.best && strlen(name) > 1)
		return error_hint(parse->err, "did you mean '--%s'?", suggestion.best);
	return hint_help(parse);
}

static int bad_value(
	struct parse *parse, const struct option_row *row, const char *value, const char *wanted)
{
	return error_set(parse->err, "%s: --%s: '%s' is not %s", parse->command->name, row->name,
		value, wanted);
}

static bool is_choice(const char *choices, const char *value)
{
	size_t size = strlen(value);

	for (const char *at = choices; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, value, size) == 0 && (at[size] == '|' || at[size] == '\0'))
			return size > 0 && !strchr(value, '|');
	}
	return false;
}

static int bad_choice(struct parse *parse, const struct option_row *row, const char *value)
{
	struct suggestion suggestion = {.typed = value};
	char *names = xstrdup(row->choices), *save = NULL;

	for (char *name = strtok_r(names, "|", &save); name; name = strtok_r(NULL, "|", &save))
		suggest(&suggestion, name);
	error_set(parse->err, "%s: --%s: '%s' is none of %s", parse->command->name, row->name,
		value, row->choices);
	if (suggestion.best)
		error_hint(parse->err, "did you mean '%s'?", suggestion.best);
	free(names);
	return -1;
}

static int number(
	struct parse *parse, const struct option_row *row, const char *value, int64_t *result)
{
	long long parsed;
	char *end;

	errno = 0;
	parsed = strtoll(value, &end, 10);
	if (end == value || *end || (errno && errno != ERANGE) || strchr(" \t\n\v\f\r", *value))
		return bad_value(parse, row, value, "a number");
	if (errno || (row->low != row->high && (parsed < row->low || parsed > row->high))) {
		bad_value(parse, row, value, "in range");
		if (row->low == row->high)
			return -1;
		return error_hint(parse->err, "it goes from %lld to %lld", row->low, row->high);
	}
	*result = parsed;
	return 0;
}

static int set(struct parse *parse, const struct option_row *row, const char *value)
{
	void *field = (char *)parse->options + row->offset;
	struct option_number *given = field;
	struct option_entry *entry;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_CHOICE:
	case OPTION_OPTIONAL:
		if (*value && !is_choice(row->choices, value))
			return bad_choice(parse, row, value);
		if (!*value && row->type == OPTION_CHOICE)
			return bad_choice(parse, row, value);
		*(const char **)field = value;
		return 0;
	case OPTION_TEXT:
		*(const char **)field = value;
		return 0;
	case OPTION_NUMBER:
		return number(parse, row, value, field);
	case OPTION_GIVEN:
		given->given = true;
		return number(parse, row, value, &given->value);
	case OPTION_SIZE:
		if (units_parse(value, field, parse->err) < 0)
			return error_prefix(
				parse->err, "%s: --%s", parse->command->name, row->name);
		return 0;
	case OPTION_LIST:
		entry = ARRAY_PUSH((struct option_list *)field);
		entry->row = row;
		entry->value = value;
		return 0;
	}
	return 0;
}

/* The value in the same argument, or the next argument. */
static int take(struct parse *parse, const struct option_row *row, const char *value)
{
	if (value || !option_takes_value(row))
		return set(parse, row, value ? value : "");
	if (parse->at >= parse->argc) {
		error_set(parse->err, "%s: --%s needs a value: %s", parse->command->name, row->name,
			row->argument);
		return hint_help(parse);
	}
	return set(parse, row, parse->argv[parse->at++]);
}

static int parse_long(struct parse *parse, const char *written)
{
	const char *name = written + 2, *equals = strchr(name, '=');
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	char *bare = xstrndup(name, size);
	const struct option_row *row = option_find(parse->command->options, bare);
	int rc;

	if (!equals && strcmp(bare, "help") == 0) {
		parse->help = true;
		rc = 0;
	} else if (!row) {
		rc = unknown(parse, written, bare);
	} else if (equals && row->type == OPTION_FLAG) {
		rc = error_set(parse->err, "%s: --%s takes no value", parse->command->name, bare);
	} else {
		rc = take(parse, row, equals ? equals + 1 : NULL);
	}
	free(bare);
	return rc;
}

static int parse_letters(struct parse *parse, const char *written)
{
	for (const char *at = written + 1; *at; at++) {
		const struct option_row *row = option_find_letter(parse->command->options, *at);
		char name[] = {'-', *at, '\0'};

		if (!row && *at == 'h') {
			parse->help = true;
			continue;
		}
		if (!row)
			return unknown(parse, written[2] ? name : written, written + 1);
		if (option_takes_value(row))
			return take(parse, row, at[1] ? at + 1 : NULL);
		if (take(parse, row, NULL) < 0)
			return -1;
	}
	return 0;
}

int options_parse(const struct command *command, void *options, int argc, char **argv,
	char ***operands, int *n_operands, bool *help, struct error *err)
{
	struct parse parse = {command, options, argc, 0, argv, false, err};
	bool only_operands = false;
	int rc = 0;

	*operands = xcalloc((size_t)argc + 1, sizeof(char *));
	*n_operands = 0;
	while (rc == 0 && parse.at < argc) {
		char *written = argv[parse.at++];

		if (only_operands || written[0] != '-' || !written[1]) {
			(*operands)[(*n_operands)++] = written;
			only_operands = only_operands || command->stops_at_operand;
		} else if (strcmp(written, "--") == 0) {
			only_operands = true;
		} else if (written[1] == '-') {
			rc = parse_long(&parse, written);
		} else {
			rc = parse_letters(&parse, written);
		}
	}
	*help = parse.help;
	if (rc < 0) {
		free(*operands);
		*operands = NULL;
	}
	return rc;
}
