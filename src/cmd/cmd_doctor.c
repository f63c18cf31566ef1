/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace doctor PROG|PID: what can be traced, how, and what names there would be, before anything is started.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd/asking.h"
#include "cmd/command.h"
#include "cmd/doctor.h"
#include "cmd/splicing.h"
#include "cmd/symbol_options.h"
#include "remote/status.h"

enum { SCRIPTS_MAX = 4 };

struct doctor_options {
	bool json;
	struct symbol_options symbols;
};

static const struct option_row rows[] = {
	SYMBOL_OPTION_ROWS(struct doctor_options, symbols),
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct doctor_options, json),
		.summary = "print the diagnosis as one object"},
	{.name = NULL},
};

static void answer(struct doctor_answer *answer, const char *why, const char *hint)
{
	answer->asked = true;
	answer->possible = !why;
	answer->why = why ? xstrdup(why) : NULL;
	answer->hint = hint && *hint ? xstrdup(hint) : NULL;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* Where a name is both a number and a file here, it is a process: ./NAME is the file. */
static int find_process(struct doctor *doctor, const char *text, struct error *err)
{
	char link[64], path[PATH_MAX];
	int32_t pid;
	ssize_t size;

	if (asking_pid("doctor", text, &pid, err) < 0)
		return -1;
	snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
	size = readlink(link, path, sizeof path - 1);
	if (size < 0 && errno == ENOENT)
		return error_status(err, EXIT_MEMTRACE_FAILED, "there is no process %d", (int)pid);
	if (size < 0) {
		error_status(err, EXIT_MEMTRACE_FAILED, "process %d cannot be looked at: %s", (int)pid, strerror(errno));
		return error_hint(err, "it is another user's: sudo memtrace doctor %d", (int)pid);
	}
	path[size] = 0;
	doctor->pid = pid;
	doctor->path = xstrdup(path);
	doctor->kind = program_probe(link, &doctor->what);
	return 0;
}

/* Of a script, what runs it. */
static int find_program(struct doctor *doctor, const char *name, struct error *err)
{
	char *found, *real, *next;

	if (program_find(name, &found, err) < 0)
		return -1;
	doctor->kind = program_probe(found, &doctor->what);
	for (int i = 0; i < SCRIPTS_MAX && (next = program_interpreter(found)); i++) {
		free(found);
		found = next;
	}
	real = realpath(found, NULL);
	doctor->path = real ? real : xstrdup(found);
	free(found);
	return 0;
}

static void ask_run(struct doctor *doctor)
{
	struct error err = ERROR_INIT;

	if (doctor->pid)
		return;
	if (splicing_suits(doctor->kind)) {
		bool can = splicing_check(doctor->kind, doctor->path, &err) == 0;

		answer(&doctor->run, can ? NULL : err.text, NULL);
		return;
	}
	if (doctor->kind == PROGRAM_TRACEABLE || doctor->kind == PROGRAM_UNREADABLE)
		answer(&doctor->run, NULL, NULL);
	else
		answer(&doctor->run, doctor->what, NULL);
}

static void ask_attach(struct doctor *doctor)
{
	struct error err = ERROR_INIT;

	if (!doctor->pid)
		return;
	if (doctor->kind != PROGRAM_TRACEABLE && doctor->kind != PROGRAM_UNREADABLE && doctor->kind != PROGRAM_SETUID)
		answer(&doctor->attach, doctor->what, NULL);
	else if (status_check(doctor->pid, &err) < 0)
		answer(&doctor->attach, err.text, err.hint);
	else
		answer(&doctor->attach, NULL, NULL);
}

static int diagnose(struct doctor *doctor, const struct doctor_options *options, const char *name,
	const struct symbolizer_options *symbols, struct error *err)
{
	struct out out;

	if ((is_number(name) ? find_process(doctor, name, err) : find_program(doctor, name, err)) < 0)
		return -1;
	ask_run(doctor);
	ask_attach(doctor);
	doctor_list_modules(doctor);
	doctor_look_at_modules(doctor, symbols);
	doctor_look_at_limits(doctor);
	out_init(&out, stdout);
	if (options->json)
		doctor_print_json(doctor, &out);
	else
		doctor_print(doctor, &out);
	return out_finish(&out, err);
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct doctor_options *options = data;
	struct symbolizer_options symbols = {0};
	struct doctor doctor = {0};
	int rc;

	if (argc != 1) {
		error_set(err, argc < 1 ? "doctor: no program and no process is named" : "doctor: one program or process, not %d", argc);
		return error_hint(err, "memtrace doctor PROG|PID");
	}
	rc = symbol_options_read(&options->symbols, &symbols, err);
	if (rc == 0)
		rc = diagnose(&doctor, options, argv[0], &symbols, err);
	if (rc == 0 && !doctor.run.possible && !doctor.attach.possible)
		rc = EXIT_CHECK_FAILED;
	doctor_release(&doctor);
	symbol_options_release(&options->symbols);
	return rc;
}

const struct command command_doctor = {
	.name = "doctor",
	.usage = "[OPTIONS] PROG|PID",
	.summary = "say what can be traced of a program, how, and with what names",
	.options = rows,
	.options_size = sizeof(struct doctor_options),
	.run = run,
};
