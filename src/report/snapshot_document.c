/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables beside the traces, key by key as the model has them, so that nothing is lost: times in
 * nanoseconds, addresses as hexadecimal text (JSON's numbers end at 2^63), build-ids too. What is ""
 * in the model is null here.
 */
#include "report/snapshot_document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/utf8.h"

const char *const document_names[] = {
	[MODULE_NAMES_NONE] = "none",
	[MODULE_NAMES_SYMTAB] = "symtab",
	[MODULE_NAMES_DWARF] = "dwarf",
};

bool document_guess_no_line(
	const struct snapshot *snapshot, const struct frame *frame, uint32_t module)
{
	return frame->lineno == 0 && module != INDEX_NONE &&
		snapshot->modules.items[module].path == frame->filename;
}

const char *document_moment_key(
	const struct snapshot *snapshot, size_t moment, char key[MOMENT_KEY_MAX])
{
	string_id name = snapshot->moments.items[moment].name;
	const char *text = strings_get(snapshot->strings, name);
	size_t size = strings_size(snapshot->strings, name);
	bool usable = strlen(text) == size && utf8_valid(text, size);

	for (size_t i = 0; i < moment; i++)
		usable = usable && snapshot->moments.items[i].name != name;
	if (usable)
		return text;
	snprintf(key, MOMENT_KEY_MAX, "#%zu", moment);
	return key;
}

static void follows(struct json *json, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;

	json_begin(json, "follows", '[');
	for (size_t i = 0; i < snapshot->run.follows.count; i++) {
		const struct follow *follow = &snapshot->run.follows.items[i];

		json_begin(json, NULL, '{');
		json_int(json, "pid", follow->pid);
		json_uint(json, "image", follow->image);
		json_id(json, "program", strings, follow->program);
		json_id(json, "file", strings, follow->file);
		json_id(json, "why", strings, follow->why);
		json_end(json);
	}
	json_end(json);
}

static void run(struct json *json, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;
	const struct run *run = &snapshot->run;

	json_begin(json, "run", '{');
	json_int(json, "pid", run->pid);
	json_int(json, "parent_pid", run->parent_pid);
	json_uint(json, "image", run->image);
	json_ids(json, "command", strings, run->command.items, run->command.count);
	json_id(json, "executable", strings, run->executable);
	json_id(json, "directory", strings, run->directory);
	json_id(json, "host", strings, run->host);
	json_id(json, "version", strings, run->version);
	json_uint(json, "started_ns", run->started_ns);
	json_uint(json, "taken_ns", run->taken_ns);
	json_uint(json, "frames_limit", run->frames_limit);
	if (run->exit_code >= 0)
		json_int(json, "exit_code", run->exit_code);
	else
		json_null(json, "exit_code");
	if (run->exit_signal)
		json_int(json, "exit_signal", run->exit_signal);
	else
		json_null(json, "exit_signal");
	json_bool(json, "ended", run->ended);
	json_bool(json, "complete", run->complete);
	json_ids(json, "problems", strings, run->problems.items, run->problems.count);
	json_uint(json, "peak_size", run->peak_size);
	json_uint(json, "peak_count", run->peak_count);
	json_uint(json, "total_size", run->total_size);
	json_uint(json, "total_count", run->total_count);
	json_uint(json, "events", run->events);
	json_uint(json, "events_lost", run->events_lost);
	json_uint(json, "unknown_frees", run->unknown_frees);
	json_uint(json, "cut_stacks", run->cut_stacks);
	json_uint(json, "tracer_memory", run->tracer_memory);
	follows(json, snapshot);
	json_end(json);
}

static void moments(struct json *json, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;

	json_begin(json, "moments", '[');
	for (size_t i = 0; i < snapshot->moments.count; i++) {
		const struct moment *moment = &snapshot->moments.items[i];

		json_begin(json, NULL, '{');
		json_text(json, "name", strings_get(strings, moment->name),
			strings_size(strings, moment->name));
		json_uint(json, "time_ns", moment->time_ns);
		json_uint(json, "rss", moment->rss);
		json_uint(json, "size", moment->live.size);
		json_uint(json, "count", moment->live.count);
		json_end(json);
	}
	json_end(json);
}

static void domains(struct json *json, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;

	json_begin(json, "domains", '[');
	for (size_t i = 0; i < snapshot->domains.count; i++) {
		json_begin(json, NULL, '{');
		json_uint(json, "id", snapshot->domains.items[i].id);
		json_id(json, "name", strings, snapshot->domains.items[i].name);
		json_end(json);
	}
	json_end(json);
}

static void threads(struct json *json, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;

	json_begin(json, "threads", '[');
	for (size_t i = 0; i < snapshot->threads.count; i++) {
		json_begin(json, NULL, '{');
		json_int(json, "tid", snapshot->threads.items[i].tid);
		json_id(json, "name", strings, snapshot->threads.items[i].name);
		json_end(json);
	}
	json_end(json);
}

static void module(struct json *json, const struct strings *strings, const struct module *module)
{
	const uint8_t *build_id = (const uint8_t *)strings_get(strings, module->build_id);
	size_t size = strings_size(strings, module->build_id);
	char *hex = xmalloc(2 * size + 1);

	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", build_id[i]);
	json_begin(json, NULL, '{');
	json_text(json, "path", strings_get(strings, module->path),
		strings_size(strings, module->path));
	if (size)
		json_string(json, "build_id", hex);
	else
		json_null(json, "build_id");
	json_hex(json, "start", module->start);
	json_hex(json, "end", module->end);
	json_hex(json, "bias", module->bias);
	json_uint(json, "loaded_ns", module->loaded_ns);
	json_uint(json, "unloaded_ns", module->unloaded_ns);
	json_string(json, "names", document_names[module->names]);
	json_id(json, "names_from", strings, module->names_from);
	json_id(json, "why", strings, module->why);
	json_end(json);
	free(hex);
}

void document_tables(struct json *json, const struct snapshot *snapshot)
{
	run(json, snapshot);
	moments(json, snapshot);
	domains(json, snapshot);
	threads(json, snapshot);
	json_begin(json, "modules", '[');
	for (size_t i = 0; i < snapshot->modules.count; i++)
		module(json, snapshot->strings, &snapshot->modules.items[i]);
	json_end(json);
}
