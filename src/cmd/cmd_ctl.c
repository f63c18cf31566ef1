/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace ctl PID VERB: tracemalloc's live calls from outside. Whoever watches the process does them; see record/control.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "cmd/asking.h"
#include "cmd/command.h"
#include "cmd/log.h"
#include "cmd/suggest.h"
#include "record/control.h"
#include "report/emit.h"
#include "report/safe.h"

struct ctl_options {
	bool json, quiet;
};

static const struct option_row rows[] = {
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct ctl_options, json),
		.summary = "print the status as one object"},
	{.name = "quiet",
		.letter = 'q',
		.type = OPTION_FLAG,
		.offset = offsetof(struct ctl_options, quiet),
		.summary = "say nothing but errors"},
	{.name = NULL},
};

static const struct verb {
	const char *name;
	enum control_verb verb;
	const char *done; /* what it did to the process, for people */
} verbs[] = {
	{"status", CONTROL_STATUS, NULL},
	{"start", CONTROL_START, "is recorded"},
	{"stop", CONTROL_STOP, "is not recorded any more; all that was known of its blocks is forgotten"},
	{"clear", CONTROL_CLEAR, "begins anew: all that was known of its blocks is forgotten"},
	{"reset-peak", CONTROL_RESET_PEAK, "has its present size as its peak"},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static const struct verb *find_verb(const char *name, struct error *err)
{
	struct suggestion suggestion = {.typed = name};

	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
		suggest(&suggestion, verbs[i].name);
	}
	error_set(err, "ctl: '%s' is none of status, start, stop, clear, reset-peak", name);
	if (suggestion.best)
		error_hint(err, "did you mean '%s'?", suggestion.best);
	return NULL;
}

static void print_blocks(struct out *out, const char *label, uint64_t size, uint64_t count)
{
	char number[UNITS_MAX], blocks[UNITS_MAX];

	out_format(out, "%-10s %s in %s\n", label, units_size(number, (int64_t)size, false), units_count(blocks, count, "block"));
}

static void print_texts(struct out *out, const char *label, const struct control_texts *texts)
{
	if (!texts->count)
		return;
	out_format(out, "%-10s", label);
	for (size_t i = 0; i < texts->count; i++) {
		out_text(out, " ");
		safe_write(out, texts->items[i], strlen(texts->items[i]));
	}
	out_text(out, "\n");
}

/* As emit_ids. */
static void emit_texts(struct emitter *emitter, const char *key, const struct control_texts *texts)
{
	struct strings *strings = strings_new();
	string_id *ids = xcalloc(texts->count + 1, sizeof *ids);

	for (size_t i = 0; i < texts->count; i++)
		ids[i] = strings_add(strings, texts->items[i]);
	emit_ids(emitter, key, strings, ids, texts->count);
	free(ids);
	strings_free(strings);
}

static void print_text(struct out *out, const struct control_status *status)
{
	char number[UNITS_MAX], other[UNITS_MAX], time[TIME_TEXT_MAX];

	out_format(out, "process    %ld, image %lu, since %s\n", (long)status->pid, (unsigned long)status->image,
		time_text(time, status->started_ns));
	print_texts(out, "command", &status->command);
	out_format(out, "recording  %s\n", status->recording ? "yes" : "no, stopped");
	if (status->recording) {
		print_blocks(out, "current", status->current, status->current_count);
		print_blocks(out, "peak", status->peak, status->peak_count);
		print_blocks(out, "allocated", status->total_size, status->total_count);
	}
	if (status->rss)
		out_format(out, "resident   %s\n", units_size(number, (int64_t)status->rss, false));
	out_format(out, "tracer     %s added to the program, %s in memtrace itself (pid %ld)\n",
		units_size(number, (int64_t)status->tracer_memory, false),
		units_size(other, (int64_t)status->collector_memory, false), (long)status->collector_pid);
	out_format(out, "events     %lu, %lu lost; %s of unknown addresses, %s cut\n", (unsigned long)status->events,
		(unsigned long)status->events_lost, units_count(number, status->unknown_frees, "free"),
		units_count(other, status->cut_stacks, "stack"));
	print_texts(out, "file", &(struct control_texts){(char **)&status->file, 1, 1});
	print_texts(out, "moments", &status->moments);
}

static void print_json(struct out *out, const struct control_status *status)
{
	struct emitter emitter = {.out = out};

	emit_begin(&emitter, NULL, '{');
	emit_string(&emitter, "schema", "memtrace-status/1");
	emit_int(&emitter, "pid", status->pid);
	emit_int(&emitter, "parent_pid", status->parent_pid);
	emit_uint(&emitter, "image", status->image);
	emit_texts(&emitter, "command", &status->command);
	emit_bool(&emitter, "recording", status->recording);
	emit_time(&emitter, "started_at", status->started_ns);
	emit_uint(&emitter, "frames_limit", status->frames_limit);
	emit_uint(&emitter, "current", status->current);
	emit_uint(&emitter, "current_count", status->current_count);
	emit_uint(&emitter, "peak", status->peak);
	emit_uint(&emitter, "peak_count", status->peak_count);
	emit_uint(&emitter, "total_size", status->total_size);
	emit_uint(&emitter, "total_count", status->total_count);
	emit_known(&emitter, "rss", status->rss);
	emit_uint(&emitter, "events", status->events);
	emit_uint(&emitter, "events_lost", status->events_lost);
	emit_uint(&emitter, "unknown_frees", status->unknown_frees);
	emit_uint(&emitter, "cut_stacks", status->cut_stacks);
	emit_known(&emitter, "tracer_memory", status->tracer_memory);
	emit_uint(&emitter, "follows", status->follows);
	emit_int(&emitter, "collector_pid", status->collector_pid);
	emit_known(&emitter, "collector_memory", status->collector_memory);
	emit_string(&emitter, "file", status->file);
	emit_texts(&emitter, "moments", &status->moments);
	emit_end(&emitter);
}

static int print(const struct buffer *body, bool json, struct error *err)
{
	struct control_status status;
	struct out out;

	if (control_status_decode(&status, body, err) < 0)
		return -1;
	out_init(&out, stdout);
	(json ? print_json : print_text)(&out, &status);
	control_status_free(&status);
	return out_finish(&out, err);
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	const struct ctl_options *options = data;
	struct control_request request = {0};
	struct buffer body = {0};
	const struct verb *verb;
	int32_t collector = 0;
	int rc;

	if (argc < 1 || argc > 2) {
		error_set(err, argc < 1 ? "ctl: no process is named" : "ctl: one process and one verb, not %d words", argc);
		return error_hint(err, "memtrace ctl PID status|start|stop|clear|reset-peak");
	}
	log_quiet = options->quiet;
	if (asking_pid("ctl", argv[0], &request.pid, err) < 0)
		return -1;
	verb = find_verb(argc > 1 ? argv[1] : "status", err);
	if (!verb)
		return -1;
	request.verb = verb->verb;
	rc = control_ask(&request, &body, &collector, err);
	if (rc == 0 && verb->done && options->json) {
		/* What it has come to. */
		request.verb = CONTROL_STATUS;
		body.size = 0;
		rc = control_ask(&request, &body, &collector, err);
	}
	if (rc == 0 && verb->done && !options->json)
		log_say("process %d %s", request.pid, verb->done);
	else if (rc == 0)
		rc = print(&body, options->json, err);
	buffer_free(&body);
	return rc;
}

const struct command command_ctl = {
	.name = "ctl",
	.usage = "[OPTIONS] PID [status|start|stop|clear|reset-peak]",
	.summary = "ask and steer the recording of a process from outside",
	.options = rows,
	.options_size = sizeof(struct ctl_options),
	.run = run,
};
