/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON as a stream: the writer remembers only which containers are open and whether they have an
 * item yet, so a document of any length costs nothing. It does not check that keys are unique, or
 * that objects have them: its callers are few.
 */
#include "report/emit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/base64.h"
#include "base/bytes.h"
#include "base/utf8.h"

#define OPEN_LEVELS 2 /* that are spread over lines */

static void quoted(struct out *out, const char *data, size_t size)
{
	const char *end = data + size, *plain = data;

	out_text(out, "\"");
	while (data < end) {
		const char *begin = data;
		uint32_t character = utf8_next(&data, end);

		if (character != UTF8_INVALID && !utf8_is_control(character) && character != '"' &&
			character != '\\')
			continue;
		out_bytes(out, plain, (size_t)(begin - plain));
		plain = data;
		if (character == UTF8_INVALID)
			out_text(out, UTF8_REPLACEMENT);
		else if (character == '"' || character == '\\')
			out_format(out, "\\%c", (int)character);
		else if (character == '\n')
			out_text(out, "\\n");
		else if (character == '\t')
			out_text(out, "\\t");
		else
			out_format(out, "\\u%04" PRIx32, character);
	}
	out_bytes(out, plain, (size_t)(end - plain));
	out_text(out, "\"");
}

static void indent(struct emitter *emitter)
{
	out_text(emitter->out, "\n");
	for (int i = 0; i < emitter->depth; i++)
		out_text(emitter->out, "  ");
}

/* What stands before a value: comma, line, key. */
static void lead(struct emitter *emitter, const char *key)
{
	if (emitter->depth > 0) {
		bool *filled = &emitter->filled[emitter->depth - 1];

		if (*filled)
			out_text(emitter->out, emitter->depth > OPEN_LEVELS ? ", " : ",");
		*filled = true;
		if (emitter->depth <= OPEN_LEVELS)
			indent(emitter);
	}
	if (key) {
		quoted(emitter->out, key, strlen(key));
		out_text(emitter->out, ": ");
	}
}

void emit_begin(struct emitter *emitter, const char *key, char bracket)
{
	assert(emitter->depth < EMIT_DEPTH_MAX);
	lead(emitter, key);
	out_bytes(emitter->out, &bracket, 1);
	emitter->closers[emitter->depth] = bracket == '{' ? '}' : ']';
	emitter->filled[emitter->depth] = false;
	emitter->depth++;
}

void emit_end(struct emitter *emitter)
{
	emitter->depth--;
	if (emitter->depth < OPEN_LEVELS && emitter->filled[emitter->depth])
		indent(emitter);
	out_bytes(emitter->out, &emitter->closers[emitter->depth], 1);
	if (emitter->depth == 0)
		out_text(emitter->out, "\n");
}

void emit_null(struct emitter *emitter, const char *key)
{
	lead(emitter, key);
	out_text(emitter->out, "null");
}

void emit_bool(struct emitter *emitter, const char *key, bool value)
{
	lead(emitter, key);
	out_text(emitter->out, value ? "true" : "false");
}

void emit_int(struct emitter *emitter, const char *key, int64_t value)
{
	lead(emitter, key);
	out_format(emitter->out, "%" PRId64, value);
}

void emit_uint(struct emitter *emitter, const char *key, uint64_t value)
{
	lead(emitter, key);
	out_format(emitter->out, "%" PRIu64, value);
}

void emit_known(struct emitter *emitter, const char *key, uint64_t value)
{
	if (value)
		emit_uint(emitter, key, value);
	else
		emit_null(emitter, key);
}

char *double_text(char text[DOUBLE_TEXT_MAX], double value)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, DOUBLE_TEXT_MAX, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return text;
}

void emit_double(struct emitter *emitter, const char *key, double value)
{
	char text[DOUBLE_TEXT_MAX];

	lead(emitter, key);
	out_text(emitter->out, double_text(text, value));
	if (!strpbrk(text, ".e"))
		out_text(emitter->out, ".0");
}

void emit_hex(struct emitter *emitter, const char *key, uint64_t value)
{
	lead(emitter, key);
	out_format(emitter->out, "\"0x%" PRIx64 "\"", value);
}

char *time_text(char text[TIME_TEXT_MAX], uint64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		text[0] = '\0';
	return text;
}

void emit_time(struct emitter *emitter, const char *key, uint64_t time_ns)
{
	char text[TIME_TEXT_MAX];

	if (time_ns)
		emit_string(emitter, key, time_text(text, time_ns));
	else
		emit_null(emitter, key);
}

static void base64_text(struct emitter *emitter, const char *data, size_t size)
{
	struct buffer buffer = {0};

	base64_encode(&buffer, data, size);
	out_text(emitter->out, "\"");
	if (buffer.size)
		out_bytes(emitter->out, (const char *)buffer.data, buffer.size);
	out_text(emitter->out, "\"");
	buffer_free(&buffer);
}

static void bytes_key(struct emitter *emitter, const char *key)
{
	lead(emitter, NULL);
	out_format(emitter->out, "\"%s_bytes\": ", key);
}

void emit_text(struct emitter *emitter, const char *key, const char *data, size_t size)
{
	lead(emitter, key);
	quoted(emitter->out, data, size);
	if (key && !utf8_valid(data, size)) {
		bytes_key(emitter, key);
		base64_text(emitter, data, size);
	}
}

void emit_raw(struct emitter *emitter, const char *key, const char *data, size_t size)
{
	lead(emitter, key);
	out_bytes(emitter->out, data, size);
}

void emit_string(struct emitter *emitter, const char *key, const char *text)
{
	emit_text(emitter, key, text, strlen(text));
}

void emit_id(struct emitter *emitter, const char *key, const struct strings *strings, string_id id)
{
	if (id)
		emit_text(emitter, key, strings_get(strings, id), strings_size(strings, id));
	else
		emit_null(emitter, key);
}

void emit_ids(struct emitter *emitter, const char *key, const struct strings *strings,
	const string_id *ids, size_t n)
{
	bool valid = true;

	emit_begin(emitter, key, '[');
	for (size_t i = 0; i < n; i++) {
		emit_text(
			emitter, NULL, strings_get(strings, ids[i]), strings_size(strings, ids[i]));
		valid = valid &&
			utf8_valid(strings_get(strings, ids[i]), strings_size(strings, ids[i]));
	}
	emit_end(emitter);
	if (valid)
		return;
	bytes_key(emitter, key);
	for (size_t i = 0; i < n; i++) {
		out_text(emitter->out, i ? ", " : "[");
		base64_text(emitter, strings_get(strings, ids[i]), strings_size(strings, ids[i]));
	}
	out_text(emitter->out, "]");
}
