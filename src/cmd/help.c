/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every line here comes from a table, so that help cannot promise what is not there.
 */
#include "cmd/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/version.h"
#include "cmd/suggest.h"
#include "report/emit.h"

#define MARGIN 28 /* where summaries begin */

void help_commands(struct out *out)
{
	out_text(out,
		"usage: memtrace COMMAND [OPTIONS] [ARGUMENTS]\n\n"
		"memtrace is Python's tracemalloc for native programs: who holds the memory?\n\n"
		"commands:\n");
	for (size_t i = 0; commands[i]; i++)
		out_format(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	out_text(out, "\nmemtrace help COMMAND tells a command's options; memtrace --version.\n");
}

static void option_line(struct out *out, char letter, const char *left, const char *summary)
{
	char head[80];
	int used;

	if (letter)
		used = snprintf(head, sizeof(head), "  -%c, --%s", letter, left);
	else
		used = snprintf(head, sizeof(head), "      --%s", left);
	if (used + 2 > MARGIN)
		out_format(out, "%s\n%*s%s\n", head, MARGIN, "", summary);
	else
		out_format(out, "%-*s%s\n", MARGIN, head, summary);
}

void help_command(const struct command *command, struct out *out)
{
	char left[70];

	out_format(out, "usage: memtrace %s%s%s\n\n%s\n\noptions:\n", command->name,
		command->usage[0] ? " " : "", command->usage, command->summary);
	for (const struct option_row *row = command->options; row && row->name; row++) {
		if (row->type == OPTION_FLAG)
			snprintf(left, sizeof(left), "%s", row->name);
		else if (row->type == OPTION_OPTIONAL)
			snprintf(left, sizeof(left), "%s[=%s]", row->name, row->argument);
		else
			snprintf(left, sizeof(left), "%s %s", row->name, row->argument);
		option_line(out, row->letter, left, row->summary);
	}
	option_line(out, 'h', "help", "show this help");
}

static void option_json(struct emitter *emitter, const struct option_row *row)
{
	char letter[] = {row->letter, '\0'}, *names, *save = NULL;

	emit_begin(emitter, NULL, '{');
	emit_string(emitter, "name", row->name);
	if (row->letter)
		emit_string(emitter, "letter", letter);
	else
		emit_null(emitter, "letter");
	if (row->argument)
		emit_string(emitter, "argument", row->argument);
	else
		emit_null(emitter, "argument");
	if (row->choices) {
		names = xstrdup(row->choices);
		emit_begin(emitter, "choices", '[');
		for (char *name = strtok_r(names, "|", &save); name;
			name = strtok_r(NULL, "|", &save))
			emit_string(emitter, NULL, name);
		emit_end(emitter);
		free(names);
	} else {
		emit_null(emitter, "choices");
	}
	emit_string(emitter, "summary", row->summary);
	emit_end(emitter);
}

void help_json(const struct command *only, struct out *out)
{
	struct emitter emitter = {.out = out};

	emit_begin(&emitter, NULL, '{');
	emit_string(&emitter, "schema", "memtrace-help/1");
	emit_string(&emitter, "version", MEMTRACE_VERSION);
	emit_begin(&emitter, "commands", '[');
	for (size_t i = 0; commands[i]; i++) {
		if (only && commands[i] != only)
			continue;
		emit_begin(&emitter, NULL, '{');
		emit_string(&emitter, "name", commands[i]->name);
		emit_string(&emitter, "usage", commands[i]->usage);
		emit_string(&emitter, "summary", commands[i]->summary);
		emit_begin(&emitter, "options", '[');
		for (const struct option_row *row = commands[i]->options; row && row->name; row++)
			option_json(&emitter, row);
		emit_end(&emitter);
		emit_end(&emitter);
	}
	emit_end(&emitter);
	emit_end(&emitter);
}

int help_unknown_command(const char *name, struct error *err)
{
	struct suggestion suggestion = {.typed = name};

	for (size_t i = 0; commands[i]; i++)
		suggest(&suggestion, commands[i]->name);
	suggest(&suggestion, "--version");
	suggest(&suggestion, "--help");
	error_set(err, "unknown %s '%s'", *name == '-' ? "option" : "command", name);
	if (suggestion.best)
		return error_hint(err, "did you mean '%s'?", suggestion.best);
	return error_hint(err, "memtrace help names the commands");
}
