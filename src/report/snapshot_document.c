/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables beside the traces, key by key as the model has them, so that nothing is lost: times in
 * nanoseconds, addresses as hexadecimal text (JSON's numbers end at 2^63), build-ids too. What is
 * "" in the model is null here.
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

/* Null for 0, as emit_known: no process has that number. */
static void known_int(struct emitter *emitter, const char *key, int64_t value)
{
	if (value)
		emit_int(emitter, key, value);
	else
		emit_null(emitter, key);
}

static void follows(struct emitter *emitter, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;

	emit_begin(emitter, "follows", '[');
	for (size_t i = 0; i < snapshot->run.follows.count; i++) {
		const struct follow *follow = &snapshot->run.follows.items[i];

		emit_begin(emitter, NULL, '{');
		emit_int(emitter, "pid", follow->pid);
		emit_uint(emitter, "image", follow->image);
		emit_id(emitter, "program", strings, follow->program);
		emit_id(emitter, "file", strings, follow->file);
		emit_id(emitter, "why", strings, follow->why);
		emit_end(emitter);
	}
	emit_end(emitter);
}

static void parts(struct emitter *emitter, const struct snapshot *snapshot)
{
	emit_begin(emitter, "parts", '[');
	for (size_t i = 0; i < snapshot->run.parts.count; i++) {
		const struct part *part = &snapshot->run.parts.items[i];

		emit_begin(emitter, NULL, '{');
		emit_id(emitter, "file", snapshot->strings, part->file);
		emit_id(emitter, "command", snapshot->strings, part->command);
		known_int(emitter, "pid", part->pid);
		emit_uint(emitter, "image", part->image);
		emit_bool(emitter, "complete", part->complete);
		emit_known(emitter, "started_ns", part->started_ns);
		emit_known(emitter, "taken_ns", part->taken_ns);
		emit_uint(emitter, "current", part->live.size);
		emit_uint(emitter, "current_count", part->live.count);
		emit_uint(emitter, "peak_size", part->peak_size);
		emit_uint(emitter, "peak_count", part->peak_count);
		emit_end(emitter);
	}
	emit_end(emitter);
}

static void run(struct emitter *emitter, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;
	const struct run *run = &snapshot->run;

	emit_begin(emitter, "run", '{');
	known_int(emitter, "pid", run->pid);
	known_int(emitter, "parent_pid", run->parent_pid);
	emit_uint(emitter, "image", run->image);
	emit_ids(emitter, "command", strings, run->command.items, run->command.count);
	emit_id(emitter, "executable", strings, run->executable);
	emit_id(emitter, "directory", strings, run->directory);
	emit_id(emitter, "host", strings, run->host);
	emit_id(emitter, "version", strings, run->version);
	emit_known(emitter, "started_ns", run->started_ns);
	emit_known(emitter, "taken_ns", run->taken_ns);
	emit_known(emitter, "frames_limit", run->frames_limit);
	if (run->exit_code >= 0)
		emit_int(emitter, "exit_code", run->exit_code);
	else
		emit_null(emitter, "exit_code");
	if (run->exit_signal)
		emit_int(emitter, "exit_signal", run->exit_signal);
	else
		emit_null(emitter, "exit_signal");
	emit_bool(emitter, "ended", run->ended);
	emit_bool(emitter, "complete", run->complete);
	emit_ids(emitter, "problems", strings, run->problems.items, run->problems.count);
	if (snapshot_knows_peak(snapshot)) {
		emit_uint(emitter, "peak_size", run->peak_size);
		emit_uint(emitter, "peak_count", run->peak_count);
	} else {
		emit_null(emitter, "peak_size");
		emit_null(emitter, "peak_count");
	}
	emit_uint(emitter, "total_size", run->total_size);
	emit_uint(emitter, "total_count", run->total_count);
	emit_uint(emitter, "events", run->events);
	emit_uint(emitter, "events_lost", run->events_lost);
	emit_uint(emitter, "unknown_frees", run->unknown_frees);
	emit_uint(emitter, "cut_stacks", run->cut_stacks);
	emit_known(emitter, "tracer_memory", run->tracer_memory);
	follows(emitter, snapshot);
	if (run->parts.count)
		parts(emitter, snapshot);
	emit_end(emitter);
}

/* Nothing where nobody looked; else null for what is not known. */
static void memory(struct emitter *emitter, const struct snapshot *snapshot, size_t moment)
{
	uint64_t size;

	if (!snapshot_memory(snapshot, moment, MEMORY_RESIDENT, &size))
		return;
	emit_begin(emitter, "memory", '{');
	for (int kind = 0; kind < MEMORY_KINDS; kind++) {
		if (snapshot_memory(snapshot, moment, kind, &size))
			emit_uint(emitter, memory_kind_name(kind), size);
		else
			emit_null(emitter, memory_kind_name(kind));
	}
	emit_end(emitter);
}

static void moments(struct emitter *emitter, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;

	emit_begin(emitter, "moments", '[');
	for (size_t i = 0; i < snapshot->moments.count; i++) {
		const struct moment *moment = &snapshot->moments.items[i];

		emit_begin(emitter, NULL, '{');
		emit_text(emitter, "name", strings_get(strings, moment->name),
			strings_size(strings, moment->name));
		emit_known(emitter, "time_ns", moment->time_ns);
		emit_known(emitter, "rss", moment->rss);
		emit_uint(emitter, "size", moment->live.size);
		emit_uint(emitter, "count", moment->live.count);
		memory(emitter, snapshot, i);
		emit_end(emitter);
	}
	emit_end(emitter);
}

static void domains(struct emitter *emitter, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;

	emit_begin(emitter, "domains", '[');
	for (size_t i = 0; i < snapshot->domains.count; i++) {
		emit_begin(emitter, NULL, '{');
		emit_uint(emitter, "id", snapshot->domains.items[i].id);
		emit_id(emitter, "name", strings, snapshot->domains.items[i].name);
		emit_end(emitter);
	}
	emit_end(emitter);
}

static void threads(struct emitter *emitter, const struct snapshot *snapshot)
{
	const struct strings *strings = snapshot->strings;

	emit_begin(emitter, "threads", '[');
	for (size_t i = 0; i < snapshot->threads.count; i++) {
		emit_begin(emitter, NULL, '{');
		emit_int(emitter, "tid", snapshot->threads.items[i].tid);
		emit_id(emitter, "name", strings, snapshot->threads.items[i].name);
		emit_end(emitter);
	}
	emit_end(emitter);
}

/* Where it was mapped; of one that was read from a document nobody may know. */
static void place(struct emitter *emitter, const struct module *module)
{
	if (module->end) {
		emit_hex(emitter, "start", module->start);
		emit_hex(emitter, "end", module->end);
		emit_hex(emitter, "bias", module->bias);
		return;
	}
	emit_null(emitter, "start");
	emit_null(emitter, "end");
	emit_null(emitter, "bias");
}

static void module(
	struct emitter *emitter, const struct strings *strings, const struct module *module)
{
	const uint8_t *build_id = (const uint8_t *)strings_get(strings, module->build_id);
	size_t size = strings_size(strings, module->build_id);
	char *hex = xmalloc(2 * size + 1);

	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", build_id[i]);
	emit_begin(emitter, NULL, '{');
	emit_text(emitter, "path", strings_get(strings, module->path),
		strings_size(strings, module->path));
	if (size)
		emit_string(emitter, "build_id", hex);
	else
		emit_null(emitter, "build_id");
	place(emitter, module);
	emit_known(emitter, "loaded_ns", module->loaded_ns);
	emit_known(emitter, "unloaded_ns", module->unloaded_ns);
	emit_string(emitter, "names", document_names[module->names]);
	emit_id(emitter, "names_from", strings, module->names_from);
	emit_id(emitter, "why", strings, module->why);
	emit_end(emitter);
	free(hex);
}

void document_tables(struct emitter *emitter, const struct snapshot *snapshot)
{
	run(emitter, snapshot);
	moments(emitter, snapshot);
	domains(emitter, snapshot);
	threads(emitter, snapshot);
	emit_begin(emitter, "modules", '[');
	for (size_t i = 0; i < snapshot->modules.count; i++)
		module(emitter, snapshot->strings, &snapshot->modules.items[i]);
	emit_end(emitter);
}
