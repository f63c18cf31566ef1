/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line: find the command, parse its options, run it, and say what failed, on stderr and
 * under --json as an object on stdout too; of a command that runs a program, whose stdout it is, on
 * stderr. Every exit status comes from here.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/version.h"
#include "cmd/command.h"
#include "cmd/help.h"
#include "cmd/log.h"
#include "report/emit.h"
#include "symbol/killed.h"

/* Whether the command line asks for JSON, also when it cannot be parsed. What follows a program is the program's. */
static bool wants_json(const struct command *command, int argc, char **argv)
{
	if (command && !option_find(command->options, "json"))
		return false;
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (command && command->stops_at_operand && argv[i][0] != '-' &&
			(i == 0 || !option_left_open(command->options, argv[i - 1])))
			return false;
		if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--format=json") == 0)
			return true;
		if (i > 0 && strcmp(argv[i - 1], "--format") == 0 && strcmp(argv[i], "json") == 0)
			return true;
	}
	return false;
}

static void error_json(const struct error *err, FILE *stream)
{
	struct error ignored = ERROR_INIT;
	struct emitter emitter = {0};
	struct out out;

	out_init(&out, stream);
	emitter.out = &out;
	emit_begin(&emitter, NULL, '{');
	emit_string(&emitter, "schema", "memtrace-error/1");
	emit_string(&emitter, "error", err->text);
	emit_int(&emitter, "exit", err->status);
	emit_end(&emitter);
	out_finish(&out, &ignored);
}

/*
 * What a command of our own needs and a watched program must not inherit: a reader that went away
 * and a file that grows too large are errors to be told, not signals, and no file that is opened
 * may become the standard output because somebody closed it.
 */
static void prepare(void)
{
	int fd;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int show_help(const struct command *command, struct error *err)
{
	struct out out;

	out_init(&out, stdout);
	if (command)
		help_command(command, &out);
	else
		help_commands(&out);
	return out_finish(&out, err);
}

static int run_command(const struct command *command, int argc, char **argv, struct error *err)
{
	void *options = xcalloc(1, command->options_size + 1);
	char **operands = NULL;
	int n_operands = 0, rc;
	bool help = false;

	if (!command->stops_at_operand)
		prepare();
	rc = options_parse(command, options, argc, argv, &operands, &n_operands, &help, err);
	if (rc == 0 && help)
		rc = show_help(command, err);
	else if (rc == 0)
		rc = command->run(options, n_operands, operands, err);
	free(operands);
	free(options);
	return rc;
}

static int show_version(struct error *err)
{
	struct out out;

	out_init(&out, stdout);
	out_text(&out, "memtrace " MEMTRACE_VERSION "\n");
	return out_finish(&out, err);
}

int main(int argc, char **argv)
{
	const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
	struct error err = ERROR_INIT;
	int rc;

	killed_may_wait();
	if (command)
		rc = run_command(command, argc - 2, argv + 2, &err);
	else if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		rc = show_help(NULL, &err);
	else if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		rc = show_version(&err);
	else
		rc = help_unknown_command(argv[1], &err);
	if (rc >= 0)
		return rc;
	log_error(&err);
	if (wants_json(command, argc - 2, argv + 2))
		error_json(&err, command && command->stops_at_operand ? stderr : stdout);
	return err.status;
}
