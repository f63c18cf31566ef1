/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One row is one option: its parsing, its line in --help, its completion and the check of its man
 * page. A command owns its options struct; a row says where in it the value goes. Options and
 * operands may mix, `--` ends options. Forms are `--name=value`, `--name value`, `-nVALUE`, `-n
 * VALUE`, and grouped flags; names are whole, an unambiguous prefix is not enough. An unknown
 * option suggests the nearest one.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/memory.h"

enum option_type {
	OPTION_FLAG,	 /* bool */
	OPTION_TEXT,	 /* const char * */
	OPTION_NUMBER,	 /* int64_t; from row.low to row.high when they differ */
	OPTION_SIZE,	 /* uint64_t, "64M" */
	OPTION_CHOICE,	 /* const char *, one of row.choices ("a|b|c") */
	OPTION_LIST,	 /* struct option_list: may come several times */
	OPTION_GIVEN,	 /* struct option_number: a number that knows whether it was given */
	OPTION_OPTIONAL, /* const char *: "" for --name alone, else one of row.choices, by = */
};

struct option_entry {
	const struct option_row *row;
	const char *value;
};
/* Several options may share one list: their order on the command line is kept. */
struct option_list {
	struct option_entry *items;
	size_t count, capacity;
};

struct option_number {
	bool given;
	int64_t value;
};

struct option_row {
	const char *name; /* long, without dashes; NULL ends the table */
	char letter;	  /* or 0 */
	enum option_type type;
	size_t offset;	      /* offsetof in the command's options struct */
	const char *argument; /* its name in --help: "FILE"; NULL for flags */
	const char *summary;  /* its line in --help */
	const char *choices;
	long long low, high;
};

struct command;
/* The row of a long name or of a letter, or NULL. */
const struct option_row *option_find(const struct option_row *rows, const char *name);
const struct option_row *option_find_letter(const struct option_row *rows, char letter);
/* Whether it has a value that may be an argument of its own. */
bool option_takes_value(const struct option_row *row);
/* The row of the option at WORD's end whose value is the next argument, or NULL. */
const struct option_row *option_left_open(const struct option_row *rows, const char *word);
/* Parses ARGV (without the command's name) into OPTIONS; leaves the operands in *operands (an array
 * of the caller's to free), their number in *n_operands. `-h` and `--help` are known everywhere and
 * set *help. */
int options_parse(const struct command *command, void *options, int argc, char **argv,
	char ***operands, int *n_operands, bool *help, struct error *err);

#endif
