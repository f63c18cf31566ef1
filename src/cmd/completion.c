/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line is read as options.c reads it, but for the last word: does it begin an option, is it the
 * value of one, or the how-manieth operand? What an option's value is says its row (choices, or the
 * name of its argument), what an operand is says the command's usage; both are looked up in one
 * list of names, so that a new command or option completes as soon as it is in its table. A name
 * that is not in the list completes to nothing.
 */
#include "cmd/completion.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "cmd/command.h"
#include "cmd/snapfile.h"
#include "cmd/snapshot_at.h"
#include "cmd/traced.h"
#include "report/budget.h"

struct line {
	struct out *out;
	const struct command *command;
	char **words;
	int n;			       /* the last one is being completed */
	const struct option_row *open; /* the option whose value comes next */
	bool only_operands;
	int n_operands;
	const char *operands[2]; /* the first ones: one is a snapshot, for the names of its domains and moments */
};

/* A candidate is PREFIX and WORD, when it begins with TYPED. */
struct value {
	const char *prefix, *typed;
};

static void offer(
	const struct line *line, const struct value *value, const char *word, const char *summary)
{
	if (strncmp(word, value->typed, strlen(value->typed)) != 0 || strpbrk(word, "\n\t"))
		return;
	out_format(line->out, "%s%s", value->prefix, word);
	if (summary)
		out_format(line->out, "\t%s", summary);
	out_text(line->out, "\n");
}

static void offer_choices(const struct line *line, const struct value *value, const char *choices)
{
	char *names = xstrdup(choices), *save = NULL;

	for (char *name = strtok_r(names, "|", &save); name; name = strtok_r(NULL, "|", &save))
		offer(line, value, name, NULL);
	free(names);
}

static void offer_commands(const struct line *line, const struct value *value)
{
	for (size_t i = 0; commands[i]; i++)
		offer(line, value, commands[i]->name, commands[i]->summary);
}

static void files(const struct line *line, const struct value *value)
{
	(void)value;
	out_text(line->out, ":files\n");
}

static bool is_file(const char *name)
{
	struct stat status;

	return stat(name, &status) == 0 && S_ISREG(status.st_mode);
}

static const char *string(const struct snapshot *snapshot, string_id id)
{
	return strings_get(snapshot->strings, id);
}

/* Files; of one whose name is there in full, FILE@MOMENT; behind its @ these alone. */
static void snapshots(const struct line *line, const struct value *value)
{
	const char *at = is_file(value->typed) ? NULL : strrchr(value->typed, '@');
	size_t size = at ? (size_t)(at - value->typed) : strlen(value->typed);
	char *file = xstrndup(value->typed, size);
	struct error ignored = ERROR_INIT;
	struct snapshot *snapshot = is_file(file) ? snapshot_read(file, &ignored) : NULL;

	for (size_t i = 0; snapshot && i < snapshot->moments.count; i++) {
		char *word =
			xasprintf("%s@%s", file, string(snapshot, snapshot->moments.items[i].name));

		offer(line, value, word, NULL);
		free(word);
	}
	if (!snapshot || !at)
		out_text(line->out, ":snapshots\n");
	snapshot_free(snapshot);
	free(file);
}

/* The snapshot that the line names, or NULL; to be freed. */
static struct snapshot *named_snapshot(const struct line *line)
{
	struct error ignored = ERROR_INIT;
	struct snapshot *snapshot = NULL;

	for (size_t i = 0; i < 2 && !snapshot && line->operands[i]; i++) {
		struct snapfile snap = {0};

		snapfile_open(&snap, line->operands[i], &ignored);
		snapshot = snap.snapshot;
		snap.snapshot = NULL;
		snapfile_close(&snap);
	}
	return snapshot;
}

static void domains(const struct line *line, const struct value *value)
{
	struct snapshot *snapshot = named_snapshot(line);

	for (size_t i = 0; snapshot && i < snapshot->domains.count; i++)
		offer(line, value, string(snapshot, snapshot->domains.items[i].name), NULL);
	if (!snapshot)
		offer_choices(line, value, "malloc|mmap|brk");
	snapshot_free(snapshot);
}

static void moments(const struct line *line, const struct value *value)
{
	struct snapshot *snapshot = named_snapshot(line);

	for (size_t i = 0; snapshot && i < snapshot->moments.count; i++)
		offer(line, value, string(snapshot, snapshot->moments.items[i].name), NULL);
	if (!snapshot)
		offer_choices(line, value, "exit|peak");
	snapshot_free(snapshot);
}

struct offer_process {
	const struct line *line;
	const struct value *value;
};

static void process(void *data, pid_t pid, const char *comm)
{
	const struct offer_process *offered = data;
	char word[24];

	snprintf(word, sizeof(word), "%ld", (long)pid);
	offer(offered->line, offered->value, word, strpbrk(comm, "\n\t") ? NULL : comm);
}

static void processes(const struct line *line, const struct value *value)
{
	struct offer_process offered = {line, value};

	traced_each(process, &offered);
}

/* One of several, with commas between them; those before it stay. */
static void offer_listed(const struct line *line, const struct value *value, const char *names)
{
	const char *comma = strrchr(value->typed, ',');
	char *before = xasprintf("%s%.*s", value->prefix, comma ? (int)(comma + 1 - value->typed) : 0, value->typed);
	struct value last = {before, comma ? comma + 1 : value->typed};

	offer_choices(line, &last, names);
	free(before);
}

static void snapshot_at(const struct line *line, const struct value *value)
{
	offer_listed(line, value, SNAPSHOT_AT_NAMES);
}

static void leak_kinds(const struct line *line, const struct value *value)
{
	offer_listed(line, value, "definite|indirect|possible|reachable|all");
}

/* Each of NAMES with END behind it. */
static void offer_ended(const struct line *line, const struct value *value, const char *names, const char *end)
{
	char *all = xstrdup(names), *save = NULL;

	for (char *name = strtok_r(all, "|", &save); name; name = strtok_r(NULL, "|", &save)) {
		char *word = xasprintf("%s%s", name, end);

		offer(line, value, word, NULL);
		free(word);
	}
	free(all);
}

/* What a budget is of: a metric, a place, or a metric of a place. */
static void budgets(const struct line *line, const struct value *value)
{
	const char *colon = strchr(value->typed, ':');
	char *before;

	if (!colon) {
		offer_ended(line, value, BUDGET_METRIC_NAMES, "=");
		offer_ended(line, value, BUDGET_METRIC_NAMES, ":");
		offer_ended(line, value, BUDGET_PLACE_NAMES, ":");
		return;
	}
	before = xasprintf("%s%.*s", value->prefix, (int)(colon + 1 - value->typed), value->typed);
	offer_ended(line, &(struct value){before, colon + 1}, BUDGET_PLACE_NAMES, ":");
	free(before);
}

/* What the names of arguments and operands stand for. */
static const struct {
	const char *name;
	void (*offer)(const struct line *line, const struct value *value);
} kinds[] = {
	{"OLD=NEW", files},
	{"SNAP", snapshots},
	{"OLD", snapshots},
	{"NEW", snapshots},
	{"FILE", files},
	{"DIR", files},
	{"COMMAND", offer_commands},
	{"D", domains},
	{"MOMENT", moments},
	{"PID", processes},
	{"MOMENTS", snapshot_at},
	{"KINDS", leak_kinds},
	{"WHAT", budgets},
};

/* NAME: one of the list, whatever hangs on it ("SNAP[@MOMENT]", "FILE.json", "PID|SNAP"), or
 * choices ("start|stop"). */
static void offer_kind(const struct line *line, const struct value *value, const char *name)
{
	size_t size;

	name += *name == '[';
	size = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (islower((unsigned char)*name)) {
		char *choices = xstrndup(name, strcspn(name, "]"));

		offer_choices(line, value, choices);
		free(choices);
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, name) != 0 &&
			(strlen(kinds[i].name) != size || strncmp(kinds[i].name, name, size) != 0))
			continue;
		kinds[i].offer(line, value);
		break;
	}
	if (name[size] == '|')
		offer_kind(line, value, name + size + 1);
}

static void offer_value(const struct line *line, const struct option_row *row, const char *prefix,
	const char *typed)
{
	struct value value = {prefix, typed};

	if (row->choices)
		offer_choices(line, &value, row->choices);
	else if (row->argument)
		offer_kind(line, &value, row->argument);
}

static void offer_options(const struct line *line, const char *typed)
{
	struct value value = {"--", typed};

	for (const struct option_row *row = line->command->options; row && row->name; row++)
		offer(line, &value, row->name, row->summary);
	offer(line, &value, "help", "show this help");
}

/* Whether the value of the option at TOKEN of a usage ("-o FILE", "--to FORM") is the next token.
 */
static bool usage_value_follows(const struct line *line, const char *token)
{
	const struct option_row *row;

	if (token[1] == '-')
		row = option_find(line->command->options, token + 2);
	else
		row = option_find_letter(line->command->options, token[1]);
	return row && option_takes_value(row);
}

/* The operand of that number in the command's usage: "[OPTIONS] [OLD[@MOMENT] [NEW[@MOMENT]]]". One
 * with "…" goes on. */
static void offer_operand(const struct line *line, const char *typed)
{
	char *usage = xstrdup(line->command->usage), *save = NULL;
	struct value value = {"", typed};
	bool skip = false;
	int number = 0;

	for (char *token = strtok_r(usage, " ", &save); token; token = strtok_r(NULL, " ", &save)) {
		token += strspn(token, "[");
		if (*token == '-') {
			token[strcspn(token, "]=")] = '\0';
			skip = usage_value_follows(line, token);
		} else if (skip || strncmp(token, "OPTIONS", 7) == 0) {
			skip = false;
		} else if (number++ == line->n_operands || strstr(token, "…") ||
			   strstr(token, "...")) {
			offer_kind(line, &value, token);
			break;
		}
	}
	free(usage);
}

/* Takes a whole word; false when from there on everything belongs to a program. */
static bool read_word(struct line *line, const char *word)
{
	if (line->open) {
		line->open = NULL;
	} else if (line->only_operands || word[0] != '-' || !word[1]) {
		if (line->command->stops_at_operand)
			return false;
		if (line->n_operands < 2)
			line->operands[line->n_operands] = word;
		line->n_operands++;
	} else if (strcmp(word, "--") == 0) {
		line->only_operands = true;
	} else {
		line->open = option_left_open(line->command->options, word);
	}
	return true;
}

static void complete_word(const struct line *line, const char *typed)
{
	const char *equals = strchr(typed, '=');
	const struct option_row *row;
	char *name;

	if (line->open) {
		offer_value(line, line->open, "", typed);
	} else if (line->only_operands || typed[0] != '-') {
		if (line->command->stops_at_operand)
			out_format(line->out, ":program %d\n", line->n - 1);
		else
			offer_operand(line, typed);
	} else if (typed[1] == '-' && equals) {
		name = xstrndup(typed, (size_t)(equals - typed) + 1);
		name[equals - typed] = '\0';
		row = option_find(line->command->options, name + 2);
		name[equals - typed] = '=';
		if (row)
			offer_value(line, row, name, equals + 1);
		free(name);
	} else if (!typed[1] || typed[1] == '-') {
		offer_options(line, typed[1] ? typed + 2 : "");
	}
}

void completion_write(struct out *out, char **words, int n)
{
	struct line line = {.out = out, .words = words, .n = n};
	struct value value = {"", n ? words[n - 1] : ""};

	if (n <= 1) {
		offer_commands(&line, &value);
		if (*value.typed == '-')
			offer_choices(&line, &value, "--help|--version");
		return;
	}
	line.command = command_find(words[0]);
	if (!line.command)
		return;
	for (int i = 1; i < n - 1; i++) {
		if (!read_word(&line, words[i])) {
			out_format(out, ":program %d\n", i);
			return;
		}
	}
	complete_word(&line, words[n - 1]);
}
