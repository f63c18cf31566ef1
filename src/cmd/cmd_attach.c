/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace attach: a running process is recorded from now on, until memtrace detach, Ctrl-C, --duration or its own end. What is
 * done in the process a hand does (remote/hand.h); from then on it is as with run, but that the program is nobody's child of ours.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/units.h"
#include "cmd/asking.h"
#include "cmd/collector.h"
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/recording.h"
#include "cmd/shim_path.h"
#include "cmd/summary.h"
#include "record/control.h"
#include "record/procfs.h"
#include "record/program.h"
#include "remote/hand.h"
#include "remote/status.h"

enum { PATIENCE_MS = 5000, LEAVE_PATIENCE_MS = 5000 };

struct attach_options {
	struct recording recording;
	const char *follow, *duration;
};

static const struct option_row options[] = {
	RECORDING_OPTION_ROWS(struct attach_options),
	{ .name = "duration", .letter = 'd', .type = OPTION_TEXT, .offset = offsetof(struct attach_options, duration),
		.argument = "TIME", .summary = "detach after TIME: 30s, 5m (default: stay until detached)" },
	{ .name = "follow", .type = OPTION_CHOICE, .offset = offsetof(struct attach_options, follow), .argument = "WHAT",
		.summary = "whether to trace children that the process forks: fork (default) or none", .choices = "fork|none" },
	{ .name = NULL },
};

/* What a hand is to do. */
struct task {
	pid_t pid;
	const char *shim, *channel;
};

static void join(const void *task_, struct hand_answer *answer)
{
	const struct task *task = task_;

	answer->result = attach_join(task->pid, task->shim, task->channel, PATIENCE_MS, &answer->report, &answer->err);
}

static void leave(const void *task_, struct hand_answer *answer)
{
	const struct task *task = task_;

	answer->result = attach_leave(task->pid, LEAVE_PATIENCE_MS, &answer->report, &answer->err);
}

/* The collector reads on meanwhile: the program may have to send what it has kept back. */
static void leave_process(struct collector *collector, pid_t pid)
{
	struct task task = { .pid = pid };
	struct hand_answer answer;
	struct error err = ERROR_INIT;
	struct hand hand;

	if (hand_begin(&hand, leave, &task, &err) < 0) {
		log_error(&err);
		return;
	}
	while (!hand_ends(&hand, 1, &answer))
		collector_step(collector);
	/* One that has ended meanwhile is left by itself. */
	if (answer.result < 0 && procfs_stack_start(pid)) {
		error_hint(&answer.err, "its calls go through memtrace's library, unrecorded, until memtrace detach %d is told once more",
			(int)pid);
		log_error(&answer.err);
	}
}

static int refuse_kind(pid_t pid, struct error *err)
{
	char *executable = xasprintf("/proc/%d/exe", (int)pid);
	const char *reason = NULL;
	enum program_kind kind = program_probe(executable, &reason);

	free(executable);
	if (kind == PROGRAM_TRACEABLE || kind == PROGRAM_UNREADABLE || kind == PROGRAM_SETUID)
		return 0;
	return error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: it is %s", (int)pid, reason);
}

/* By a collector that answers. */
static int refuse_traced(pid_t pid, struct error *err)
{
	struct control_request request = { .verb = CONTROL_STATUS, .pid = pid };
	struct error ignored = ERROR_INIT;
	struct buffer body = { 0 };
	int32_t collector = 0;
	int result = procfs_has_shim(pid) > 0 ? control_ask(&request, &body, &collector, &ignored) : -1;

	buffer_free(&body);
	if (result < 0)
		return 0;
	error_status(err, EXIT_MEMTRACE_FAILED, "process %d is traced already, by memtrace (pid %d)", (int)pid, collector);
	return error_hint(err, "memtrace snapshot %d takes a snapshot of it, memtrace ctl %d asks how it is", (int)pid, (int)pid);
}

static int report(struct collector *collector, const struct attach_options *chosen, struct error *err)
{
	if (!collector->last)
		return error_status(err, EXIT_MEMTRACE_FAILED, "process %d has told nothing", (int)collector->target->pid);
	return recording_report(&chosen->recording, collector, collector->last, !collector->target->left, err);
}

/* To those who asked for the end. */
static void tell_detached(struct collector *collector, int result, const struct error *err)
{
	for (size_t i = 0; i < collector->detaching.count; i++) {
		if (result < 0)
			control_fail(collector->detaching.items[i], err);
		else
			control_answer(collector->detaching.items[i], CONTROL_DONE, NULL, 0);
		close(collector->detaching.items[i]);
	}
	collector->detaching.count = 0;
}

static struct attach_report attached;

/* Not before memtrace detach would find us. */
static void say_attached(struct collector *collector)
{
	char size[UNITS_MAX];

	log_say("attached to process %d, which was held for %.1f ms, one thread of it for %.1f ms more",
		(int)collector->target->pid, (double)attached.held_ns / 1e6, (double)attached.load_ns / 1e6);
	log_say("what it allocated before is not seen: %s of anonymous memory were resident",
		units_size(size, (int64_t)attached.before, false));
	if (attached.deaf)
		log_say("libraries that it loads from now on are not seen either: symbols cannot be changed there");
}

static int attach(const struct target *target, const struct pool *pool, struct error *err)
{
	char shim[PATH_MAX], *channel = pool_environment(pool);
	struct task task = { .pid = target->pid, .shim = shim, .channel = channel };
	struct hand_answer answer = { .result = -1 };
	struct hand hand;
	int result = -1;

	if (shim_path(shim, err) == 0 && hand_begin(&hand, join, &task, err) == 0) {
		while (!hand_ends(&hand, 1000, &answer))
			;
		*err = answer.err;
		result = answer.result;
	}
	free(channel);
	attached = answer.report;
	return result;
}

/* When the time is over it is as if somebody had ended us. */
static void set_duration(uint64_t ns)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM };
	struct itimerspec when = { .it_value = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) } };
	timer_t timer;

	if (ns && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
		timer_settime(timer, 0, &when, NULL);
}

static int watch(const struct attach_options *chosen, struct collector_options *with, pid_t pid, uint64_t duration,
	struct error *err)
{
	struct pool_options pool_options = recording_pool(&chosen->recording, with);
	static struct collector collector_, *collector = &collector_;
	static struct pool pool;
	struct target target;
	int result;

	pool_options.follow_fork = !chosen->follow || strcmp(chosen->follow, "fork") == 0;
	if (pool_make(&pool, &pool_options, err) < 0 || target_adopt(&target, &pool, pid, err) < 0)
		return -1;
	collector_open(collector, &pool);
	if (attach(&target, &pool, err) < 0)
		return -1;
	with->before = attached.before;
	set_duration(duration);
	collector_run(collector, &pool, &target, with);
	collector_hand_over(collector);
	result = report(collector, chosen, err);
	collector_finish(collector);
	tell_detached(collector, result, err);
	return result;
}

static char *program_name(pid_t pid)
{
	char link[PATH_MAX], *path = xasprintf("/proc/%d/exe", (int)pid);
	ssize_t length = readlink(path, link, sizeof link - 1);
	struct procfs_process process = { .name = "process" };

	free(path);
	if (length > 0)
		return xstrndup(link, (size_t)length);
	procfs_look(pid, &process);
	return xstrdup(process.name);
}

static int run_named(struct attach_options *chosen, int argc, char **argv, struct error *err)
{
	struct collector_options with = { .leave = leave_process, .ready = say_attached };
	struct target_limits limits;
	uint64_t duration = 0;
	char *program, *file = NULL;
	int32_t pid;
	int status = -1;

	target_raise_limits(&limits);
	if (argc != 1) {
		error_set(err, argc ? "attach: one process, not %d" : "attach: no process is named", argc);
		return error_hint(err, "memtrace attach [OPTIONS] PID");
	}
	log_quiet = chosen->recording.quiet || chosen->recording.json;
	if (asking_pid("attach", argv[0], &pid, err) < 0 || summary_parse_top(chosen->recording.top, err) < 0)
		return -1;
	if (chosen->duration && snapshot_at_time(chosen->duration, &duration, err) < 0)
		return error_prefix(err, "--duration");
	if (recording_read(&chosen->recording, &with, err) < 0)
		return -1;
	if (status_check(pid, err) < 0 || refuse_kind(pid, err) < 0 || refuse_traced(pid, err) < 0)
		return -1;
	program = program_name(pid);
	with.program = program;
	if (recording_choose_file(&chosen->recording, program, pid, &file, err) == 0) {
		with.first_file = file;
		status = watch(chosen, &with, pid, duration, err);
	}
	free(program);
	free(file);
	return status;
}

static int run(void *chosen_, int argc, char **argv, struct error *err)
{
	struct attach_options *chosen = chosen_;
	int status = run_named(chosen, argc, argv, err);

	symbol_options_release(&chosen->recording.symbols);
	return status;
}

const struct command command_attach = {
	.name = "attach",
	.usage = "[OPTIONS] PID",
	.summary = "record a running process from now on, until it is detached or ends",
	.options = options,
	.options_size = sizeof(struct attach_options),
	.run = run,
};
