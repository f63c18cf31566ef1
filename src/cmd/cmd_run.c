/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace run: everything that can be refused is refused before the program starts; then its status is ours, whatever becomes of
 * the snapshot (but for 0, which a snapshot that could not be written turns into 125).
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd/collector.h"
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/recording.h"
#include "cmd/shim_path.h"
#include "cmd/splicing.h"
#include "cmd/summary.h"
#include "record/program.h"
#include "symbol/killed.h"

struct run_options {
	struct recording recording;
	const char *follow;
	bool leaks, paused;
	char *defaults; /* the text of MEMTRACE_OPTIONS */
};

static const struct option_row options[] = {
	RECORDING_OPTION_ROWS(struct run_options),
	{ .name = "paused", .type = OPTION_FLAG, .offset = offsetof(struct run_options, paused),
		.summary = "record nothing until the program calls memtrace_start, or memtrace ctl PID start" },
	{ .name = "follow", .type = OPTION_CHOICE, .offset = offsetof(struct run_options, follow), .argument = "WHAT",
		.summary = "which descendants to trace: fork,exec (default), fork, exec or none",
		.choices = "fork,exec|exec,fork|fork|exec|none" },
	{ .name = "leaks", .type = OPTION_FLAG, .offset = offsetof(struct run_options, leaks),
		.summary = "look for leaks when the program exits, for memtrace leaks" },
	{ .name = NULL },
};

/* MEMTRACE_OPTIONS are defaults: what the command line has not set is taken from there. */
static int take_defaults(struct run_options *chosen, struct error *err)
{
	const char *text = getenv("MEMTRACE_OPTIONS"), *frames = getenv("MEMTRACE_FRAMES");
	struct run_options defaults = { 0 };
	char *words[64], **operands = NULL, *save = NULL, *end;
	int count = 0, n_operands = 0;
	bool help;

	if (frames && *frames && !chosen->recording.frames) {
		chosen->recording.frames = strtol(frames, &end, 10);
		if (*end || chosen->recording.frames < 1 || chosen->recording.frames > 65535)
			return error_set(err, "MEMTRACE_FRAMES='%s' is not a number from 1 to 65535", frames);
	}
	if (!text || !*text)
		return 0;
	chosen->defaults = xstrdup(text); /* the values point into it */
	for (char *word = strtok_r(chosen->defaults, " \t\n", &save); word && count < 64; word = strtok_r(NULL, " \t\n", &save))
		words[count++] = word;
	if (options_parse(&command_run, &defaults, count, words, &operands, &n_operands, &help, err) < 0)
		return error_prefix(err, "MEMTRACE_OPTIONS");
	if (n_operands) {
		error_set(err, "MEMTRACE_OPTIONS: '%s' is not an option", operands[0]);
		free(operands);
		return -1;
	}
	free(operands);
#define DEFAULT_OF(field) chosen->field = chosen->field ? chosen->field : defaults.field
	DEFAULT_OF(recording.output);
	DEFAULT_OF(recording.transport);
	DEFAULT_OF(follow);
	DEFAULT_OF(recording.snapshot_at);
	DEFAULT_OF(recording.frames);
	DEFAULT_OF(recording.checkpoint);
	DEFAULT_OF(recording.top);
	DEFAULT_OF(recording.sample);
	DEFAULT_OF(recording.force);
	DEFAULT_OF(recording.blocks);
	DEFAULT_OF(leaks);
	DEFAULT_OF(recording.quiet);
	DEFAULT_OF(paused);
	DEFAULT_OF(recording.json);
	if (!chosen->recording.symbols.debug_dirs.count)
		chosen->recording.symbols.debug_dirs = defaults.recording.symbols.debug_dirs;
	else
		symbol_options_release(&defaults.recording.symbols);
	DEFAULT_OF(recording.symbols.debuginfod);
#undef DEFAULT_OF
	return 0;
}

static int refuse(const char *name, const char *reason, struct error *err)
{
	return error_status(err, EXIT_MEMTRACE_FAILED, "cannot trace '%s': it is %s", name, reason);
}

/* Nobody spoke: an image that says so, instead of a report of zero. */
static struct reader_process *silent_image(const struct collector *collector)
{
	struct reader_process *process = xcalloc(1, sizeof *process);

	process->index = WIRE_PROCESSES - 1;
	process->image = image_new(collector->target->pid);
	process->image->first = true;
	process->image->parent_pid = getpid();
	process->image->executable = xstrdup(collector->options->program);
	*ARRAY_PUSH(&process->image->command) = xstrdup(collector->options->program);
	image_problem(process->image, "%s", collector->options->refusal ? collector->options->refusal :
		"nothing was recorded: memtrace's library was not loaded into the program");
	return process;
}

static int watch(const struct run_options *chosen, struct target_program *program, struct splicing *splicing,
	struct collector_options *with, struct error *err)
{
	struct pool_options pool_options = recording_pool(&chosen->recording, with);
	static struct collector collector_, *collector = &collector_;
	static struct pool pool;
	struct target target;
	char *file = NULL;
	int status;

	pool_options.paused = chosen->paused;
	pool_options.leaks = chosen->leaks;
	pool_options.follow_fork = !chosen->follow || strstr(chosen->follow, "fork");
	pool_options.follow_exec = !chosen->follow || strstr(chosen->follow, "exec");
	if (pool_make(&pool, &pool_options, err) < 0 || target_hold(&target, &pool, program, err) < 0)
		return -1;
	if (recording_choose_file(&chosen->recording, with->program, target.pid, &file, err) < 0) {
		target_cancel(&target);
		free(file);
		return -1;
	}
	with->first_file = file;
	collector_open(collector, &pool);
	if (splicing && splicing_begin(splicing, &target, program, err) < 0) {
		target_cancel(&target);
		free(file);
		return -1;
	}
	if (target_go(&target, program, err) < 0 || (splicing && splicing_finish(splicing, &pool, err) < 0)) {
		free(file);
		return -1;
	}
	with->spliced = splicing && splicing->made;
	with->unwatched = splicing ? splicing->unwatched : NULL;
	collector_run(collector, &pool, &target, with);
	collector_hand_over(collector);
	status = target_exit_status(&target);
	if (recording_report(&chosen->recording, collector, collector->last ? collector->last : silent_image(collector), true, err) < 0) {
		if (status == 0)
			status = -1;
		else
			log_error(err);
	}
	collector_finish(collector);
	free(file);
	return status;
}

/* The program's status is told; a runtime that was preloaded into us, too, would look for leaks at exit, and have its say. */
static void leave_runtime(int status)
{
	fflush(NULL);
	killed_wait();
	_exit(status);
}

static int run_found(struct run_options *chosen, struct target_program *program, struct error *err)
{
	const char *name = program->arguments[0], *reason;
	enum program_kind kind = program_probe(program->path, &reason);
	struct collector_options with = { .program = name, .leaks = chosen->leaks };
	bool runtime = program_preloads_runtime(getenv("LD_PRELOAD")), runtime_first;
	struct splicing splicing_ = { .name = name, .preload = program->shim, .kind = kind }, *splicing = NULL;
	char *refusal = NULL;
	int status;

	if (recording_read(&chosen->recording, &with, err) < 0)
		return -1;
	if (chosen->leaks && with.sample) {
		error_set(err, "--leaks needs every block, and --sample records only some");
		return error_hint(err, "leave one of the two out: a block is reached through others, also those that are not sampled");
	}
	if (kind == PROGRAM_BROKEN)
		return error_status(err, EXIT_NOT_EXECUTABLE, "cannot run '%s': it is %s", name, reason);
	runtime_first = runtime && (kind == PROGRAM_TRACEABLE || kind == PROGRAM_OWN_MALLOC);
	if (runtime_first)
		reason = "behind a sanitizer's runtime in LD_PRELOAD, which wants to be the first library";
	if (kind == PROGRAM_SANITIZED || runtime_first) {
		refusal = xasprintf("'%s' is not traced: it is %s", name, reason);
		log_say("%s", refusal);
		program->shim = NULL;
		with.refusal = refusal;
	} else if (splicing_suits(kind)) {
		splicing = &splicing_;
		/* Another's dynamic linker would stumble over our library. */
		if (kind == PROGRAM_OTHER_LIBC)
			program->shim = "";
	} else if (kind != PROGRAM_TRACEABLE && kind != PROGRAM_UNREADABLE) {
		return refuse(name, reason, err);
	}
	status = watch(chosen, program, splicing, &with, err);
	free(splicing_.unwatched);
	free(refusal);
	if (runtime && status >= 0)
		leave_runtime(status);
	return status;
}

static int run_named(struct run_options *chosen, int argc, char **argv, struct error *err)
{
	char shim[PATH_MAX], *path;
	struct target_limits limits;
	struct target_program program = { .arguments = argv, .shim = shim, .limits = &limits };
	int status;

	target_raise_limits(&limits);
	if (argc < 1) {
		error_set(err, "run: no program given");
		return error_hint(err, "memtrace run [OPTIONS] [--] PROGRAM [ARGUMENTS]");
	}
	if (take_defaults(chosen, err) < 0 || summary_parse_top(chosen->recording.top, err) < 0)
		return -1;
	log_quiet = chosen->recording.quiet || chosen->recording.json;
	if (shim_path(shim, err) < 0 || program_find(argv[0], &path, err) < 0)
		return -1;
	program.path = path;
	status = run_found(chosen, &program, err);
	free(path);
	return status;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct run_options *chosen = data;
	int status = run_named(chosen, argc, argv, err);

	symbol_options_release(&chosen->recording.symbols);
	free(chosen->defaults);
	return status;
}

const struct command command_run = {
	.name = "run",
	.usage = "[OPTIONS] [--] PROGRAM [ARGUMENTS]",
	.summary = "run a program and write a snapshot of its memory",
	.options = options,
	.options_size = sizeof(struct run_options),
	.stops_at_operand = true,
	.run = run,
};
