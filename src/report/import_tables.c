/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key by key what snapshot_document.c wrote. A document made by hand has none of it, so everything
 * has a default: nothing known was lost, the process has ended, the moment is its exit.
 */
#include "report/import_tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/base64.h"
#include "base/bytes.h"
#include "report/snapshot_document.h"

struct string_ids {
	ARRAY(string_id) all;
};

/* One string of an array: its base64 when there is one. */
static int read_string(const json_t *text, const json_t *bytes, struct strings *strings,
	const struct json_object *array, string_id *id)
{
	struct buffer decoded = {0};
	int rc = 0;

	if (!json_is_string(text) || (bytes && !json_is_string(bytes)))
		return json_error_at(array->at, array->err, "must be a string");
	if (!bytes) {
		*id = strings_add_bytes(strings, json_string_value(text), json_string_length(text));
		return 0;
	}
	if (base64_decode(&decoded, json_string_value(bytes), json_string_length(bytes)))
		*id = strings_add_bytes(strings, (const char *)decoded.data, decoded.size);
	else
		rc = json_error_at(array->at, array->err, "its bytes must be base64");
	buffer_free(&decoded);
	return rc;
}

static int read_strings(const struct json_object *object, const char *key, struct strings *strings,
	struct string_ids *ids)
{
	struct json_at at = {object->at, key, 0};
	const json_t *texts, *bytes;
	char bytes_key[64];

	snprintf(bytes_key, sizeof(bytes_key), "%s_bytes", key);
	if (json_read_array(object, key, &texts) < 0 ||
		json_read_array(object, bytes_key, &bytes) < 0)
		return -1;
	if (bytes && json_array_size(bytes) != json_array_size(texts))
		return json_error_at(&at, object->err, "and its _bytes must be of the same length");
	for (size_t i = 0; i < json_array_size(texts); i++) {
		struct json_at item = {&at, NULL, i};
		struct json_object place = {texts, &item, object->err};

		if (read_string(json_array_get(texts, i), bytes ? json_array_get(bytes, i) : NULL,
			    strings, &place, ARRAY_PUSH(&ids->all)) < 0)
			return -1;
	}
	return 0;
}

static int read_follow(const struct json_object *object, struct snapshot *snapshot)
{
	struct follow *follow = ARRAY_PUSH(&snapshot->run.follows);
	struct strings *strings = snapshot->strings;

	if (json_read_int(object, "pid", &follow->pid) < 0 ||
		json_read_u32(object, "image", &follow->image) < 0 ||
		json_read_text(object, "program", strings, &follow->program) < 0 ||
		json_read_text(object, "file", strings, &follow->file) < 0)
		return -1;
	return json_read_text(object, "why", strings, &follow->why);
}

static int read_part(const struct json_object *object, struct snapshot *snapshot)
{
	struct part *part = ARRAY_PUSH(&snapshot->run.parts);
	struct strings *strings = snapshot->strings;

	if (json_read_text(object, "file", strings, &part->file) < 0 ||
		json_read_text(object, "command", strings, &part->command) < 0 ||
		json_read_int(object, "pid", &part->pid) < 0 ||
		json_read_u32(object, "image", &part->image) < 0 ||
		json_read_bool(object, "complete", &part->complete) < 0 ||
		json_read_uint(object, "started_ns", &part->started_ns) < 0 ||
		json_read_uint(object, "taken_ns", &part->taken_ns) < 0 ||
		json_read_uint(object, "current", &part->live.size) < 0 ||
		json_read_uint(object, "current_count", &part->live.count) < 0 ||
		json_read_uint(object, "peak_size", &part->peak_size) < 0)
		return -1;
	return json_read_uint(object, "peak_count", &part->peak_count);
}

/* Of the last moment. */
static int read_memory(const struct json_object *moment, struct snapshot *snapshot)
{
	const json_t *value = json_object_get(moment->value, "memory");
	struct json_at at = {moment->at, "memory", 0};
	struct json_object object;

	if (!value || json_is_null(value))
		return 0;
	if (json_read_object(&object, value, &at, moment->err) < 0)
		return -1;
	for (int kind = 0; kind < MEMORY_KINDS; kind++) {
		const json_t *number = json_object_get(value, memory_kind_name(kind));
		uint64_t size = 0;

		if (json_read_uint(&object, memory_kind_name(kind), &size) < 0)
			return -1;
		if (number && !json_is_null(number))
			snapshot_add_memory(snapshot, snapshot->moments.count - 1, kind, size);
	}
	return 0;
}

static int read_moment(const struct json_object *object, struct snapshot *snapshot)
{
	struct moment *moment = ARRAY_PUSH(&snapshot->moments);

	if (json_read_needed(object, "name") < 0 ||
		json_read_text(object, "name", snapshot->strings, &moment->name) < 0 ||
		json_read_uint(object, "time_ns", &moment->time_ns) < 0 || read_memory(object, snapshot) < 0)
		return -1;
	return json_read_uint(object, "rss", &moment->rss);
}

static int read_domain(const struct json_object *object, struct snapshot *snapshot)
{
	string_id name = 0;
	uint32_t id = 0, index;

	if (json_read_needed(object, "id") < 0 || json_read_u32(object, "id", &id) < 0 ||
		json_read_text(object, "name", snapshot->strings, &name) < 0)
		return -1;
	index = snapshot_domain(snapshot, id, NULL);
	if (name)
		snapshot->domains.items[index].name = name;
	return 0;
}

static int read_thread(const struct json_object *object, struct snapshot *snapshot)
{
	struct thread *thread = ARRAY_PUSH(&snapshot->threads);

	if (json_read_int(object, "tid", &thread->tid) < 0)
		return -1;
	return json_read_text(object, "name", snapshot->strings, &thread->name);
}

static int read_build_id(
	const struct json_object *object, struct snapshot *snapshot, struct module *module)
{
	struct json_at at = {object->at, "build_id", 0};
	string_id text = 0;
	const char *hex;
	size_t size;
	char *bytes;

	if (json_read_text(object, "build_id", snapshot->strings, &text) < 0)
		return -1;
	hex = strings_get(snapshot->strings, text);
	size = strings_size(snapshot->strings, text);
	if (size % 2 || strspn(hex, "0123456789abcdef") != size)
		return json_error_at(&at, object->err, "must be pairs of hexadecimal digits");
	bytes = xmalloc(size / 2 + 1);
	for (size_t i = 0; i < size / 2; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		bytes[i] = (char)strtoul(pair, NULL, 16);
	}
	module->build_id = strings_add_bytes(snapshot->strings, bytes, size / 2);
	free(bytes);
	return 0;
}

static int read_module_names(
	const struct json_object *object, struct snapshot *snapshot, struct module *module)
{
	struct json_at at = {object->at, "names", 0};
	string_id text = 0;

	if (json_read_text(object, "names", snapshot->strings, &text) < 0)
		return -1;
	for (uint32_t i = 0; text && i <= MODULE_NAMES_DWARF; i++) {
		if (strcmp(document_names[i], strings_get(snapshot->strings, text)) == 0) {
			module->names = i;
			return 0;
		}
	}
	return text ? json_error_at(&at, object->err, "must be none, symtab or dwarf") : 0;
}

static int read_module(const struct json_object *object, struct snapshot *snapshot)
{
	struct module *module = ARRAY_PUSH(&snapshot->modules);
	struct strings *strings = snapshot->strings;

	if (json_read_needed(object, "path") < 0 ||
		json_read_text(object, "path", strings, &module->path) < 0 ||
		read_build_id(object, snapshot, module) < 0 ||
		json_read_hex(object, "start", &module->start, NULL) < 0 ||
		json_read_hex(object, "end", &module->end, NULL) < 0 ||
		json_read_hex(object, "bias", &module->bias, NULL) < 0 ||
		json_read_uint(object, "loaded_ns", &module->loaded_ns) < 0 ||
		json_read_uint(object, "unloaded_ns", &module->unloaded_ns) < 0 ||
		read_module_names(object, snapshot, module) < 0 ||
		json_read_text(object, "names_from", strings, &module->names_from) < 0)
		return -1;
	return json_read_text(object, "why", strings, &module->why);
}

/* Calls READ for each object of the array at KEY. */
static int read_table(const struct json_object *parent, const char *key, struct snapshot *snapshot,
	int (*read)(const struct json_object *, struct snapshot *))
{
	struct json_at at = {parent->at, key, 0};
	struct json_object object;
	const json_t *array;

	if (json_read_array(parent, key, &array) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct json_at item = {&at, NULL, i};

		if (json_read_object(&object, json_array_get(array, i), &item, parent->err) < 0 ||
			read(&object, snapshot) < 0)
			return -1;
	}
	return 0;
}

static int read_exit(const struct json_object *object, struct run *run)
{
	int64_t code = -1, signal = 0;
	struct json_at at = {object->at, "exit_code", 0};

	if (json_read_int(object, "exit_code", &code) < 0 ||
		json_read_int(object, "exit_signal", &signal) < 0)
		return -1;
	if (code < -1 || code > INT32_MAX || signal < 0 || signal > INT32_MAX)
		return json_error_at(&at, object->err, "this, or exit_signal, is out of range");
	run->exit_code = (int32_t)code;
	run->exit_signal = (int32_t)signal;
	return 0;
}

static int read_run_numbers(const struct json_object *object, struct run *run)
{
	const struct {
		const char *key;
		uint64_t *value;
	} numbers[] = {
		{"started_ns", &run->started_ns},
		{"taken_ns", &run->taken_ns},
		{"frames_limit", &run->frames_limit},
		{"peak_size", &run->peak_size},
		{"peak_count", &run->peak_count},
		{"total_size", &run->total_size},
		{"total_count", &run->total_count},
		{"events", &run->events},
		{"events_lost", &run->events_lost},
		{"unknown_frees", &run->unknown_frees},
		{"cut_stacks", &run->cut_stacks},
		{"tracer_memory", &run->tracer_memory},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (json_read_uint(object, numbers[i].key, numbers[i].value) < 0)
			return -1;
	}
	return 0;
}

static int read_run(const struct json_object *document, struct snapshot *snapshot)
{
	const json_t *value = json_object_get(document->value, "run");
	struct string_ids command = {{0}}, problems = {{0}};
	struct strings *strings = snapshot->strings;
	struct run *run = &snapshot->run;
	struct json_at at = {document->at, "run", 0};
	struct json_object object;
	int rc;

	if (!value || json_is_null(value))
		return 0;
	if (json_read_object(&object, value, &at, document->err) < 0)
		return -1;
	rc = read_strings(&object, "command", strings, &command);
	if (rc == 0)
		rc = read_strings(&object, "problems", strings, &problems);
	memcpy(&run->command, &command.all, sizeof(run->command));
	memcpy(&run->problems, &problems.all, sizeof(run->problems));
	if (rc < 0 || json_read_int(&object, "pid", &run->pid) < 0 ||
		json_read_int(&object, "parent_pid", &run->parent_pid) < 0 ||
		json_read_u32(&object, "image", &run->image) < 0 ||
		json_read_text(&object, "executable", strings, &run->executable) < 0 ||
		json_read_text(&object, "directory", strings, &run->directory) < 0 ||
		json_read_text(&object, "host", strings, &run->host) < 0 ||
		json_read_text(&object, "version", strings, &run->version) < 0 ||
		json_read_bool(&object, "ended", &run->ended) < 0 ||
		json_read_bool(&object, "complete", &run->complete) < 0 ||
		read_exit(&object, run) < 0 || read_run_numbers(&object, run) < 0)
		return -1;
	if (read_table(&object, "follows", snapshot, read_follow) < 0)
		return -1;
	return read_table(&object, "parts", snapshot, read_part);
}

/* The bounds of tracemalloc.start; 0 stands for a limit that is not told. */
static int check_limit(const struct json_object *document, uint64_t limit)
{
	struct json_at at = {document->at, "traceback_limit", 0};
	const json_t *said = json_object_get(document->value, "traceback_limit");

	if (!said || json_is_null(said) || (limit >= 1 && limit <= 65535))
		return 0;
	return json_error_at(&at, document->err, "%" PRIu64 " is not in the range of 1 to 65535", limit);
}

int import_tables(const struct json_object *document, struct snapshot *snapshot)
{
	struct run *run = &snapshot->run;

	run->exit_code = -1;
	run->ended = true;
	run->complete = true;
	if (json_read_uint(document, "traceback_limit", &run->frames_limit) < 0 ||
		check_limit(document, run->frames_limit) < 0 ||
		read_run(document, snapshot) < 0 ||
		read_table(document, "moments", snapshot, read_moment) < 0 ||
		read_table(document, "domains", snapshot, read_domain) < 0 ||
		read_table(document, "threads", snapshot, read_thread) < 0 ||
		read_table(document, "modules", snapshot, read_module) < 0)
		return -1;
	if (snapshot->moments.count == 0)
		ARRAY_PUSH(&snapshot->moments)->name = strings_add(snapshot->strings, "exit");
	return 0;
}
