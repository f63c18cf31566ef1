/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON as a stream: the writer remembers only which containers are open and whether they have an item yet, so a document
 * of any length costs nothing. It does not check that keys are unique, or that objects have them: its callers are few.
 */
#include "report/json.h"

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

static void indent(struct json *json)
{
	out_text(json->out, "\n");
	for (int i = 0; i < json->depth; i++)
		out_text(json->out, "  ");
}

/* What stands before a value: comma, line, key. */
static void lead(struct json *json, const char *key)
{
	if (json->depth > 0) {
		bool *filled = &json->filled[json->depth - 1];

		if (*filled)
			out_text(json->out, json->depth > OPEN_LEVELS ? ", " : ",");
		*filled = true;
		if (json->depth <= OPEN_LEVELS)
			indent(json);
	}
	if (key) {
		quoted(json->out, key, strlen(key));
		out_text(json->out, ": ");
	}
}

void json_begin(struct json *json, const char *key, char bracket)
{
	assert(json->depth < JSON_DEPTH_MAX);
	lead(json, key);
	out_bytes(json->out, &bracket, 1);
	json->closers[json->depth] = bracket == '{' ? '}' : ']';
	json->filled[json->depth] = false;
	json->depth++;
}

void json_end(struct json *json)
{
	json->depth--;
	if (json->depth < OPEN_LEVELS && json->filled[json->depth])
		indent(json);
	out_bytes(json->out, &json->closers[json->depth], 1);
	if (json->depth == 0)
		out_text(json->out, "\n");
}

void json_null(struct json *json, const char *key)
{
	lead(json, key);
	out_text(json->out, "null");
}

void json_bool(struct json *json, const char *key, bool value)
{
	lead(json, key);
	out_text(json->out, value ? "true" : "false");
}

void json_int(struct json *json, const char *key, int64_t value)
{
	lead(json, key);
	out_format(json->out, "%" PRId64, value);
}

void json_uint(struct json *json, const char *key, uint64_t value)
{
	lead(json, key);
	out_format(json->out, "%" PRIu64, value);
}

void json_known(struct json *json, const char *key, uint64_t value)
{
	if (value)
		json_uint(json, key, value);
	else
		json_null(json, key);
}

void json_double(struct json *json, const char *key, double value)
{
	char text[64];

	lead(json, key);
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	out_text(json->out, text);
	if (!strpbrk(text, ".e"))
		out_text(json->out, ".0");
}

void json_hex(struct json *json, const char *key, uint64_t value)
{
	lead(json, key);
	out_format(json->out, "\"0x%" PRIx64 "\"", value);
}

char *time_text(char text[TIME_TEXT_MAX], uint64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		text[0] = '\0';
	return text;
}

void json_time(struct json *json, const char *key, uint64_t time_ns)
{
	char text[TIME_TEXT_MAX];

	if (time_ns)
		json_string(json, key, time_text(text, time_ns));
	else
		json_null(json, key);
}

static void base64_text(struct json *json, const char *data, size_t size)
{
	struct buffer buffer = {0};

	base64_encode(&buffer, data, size);
	out_text(json->out, "\"");
	out_bytes(json->out, (const char *)buffer.data, buffer.size);
	out_text(json->out, "\"");
	buffer_free(&buffer);
}

static void bytes_key(struct json *json, const char *key)
{
	lead(json, NULL);
	out_format(json->out, "\"%s_bytes\": ", key);
}

void json_text(struct json *json, const char *key, const char *data, size_t size)
{
	lead(json, key);
	quoted(json->out, data, size);
	if (key && !utf8_valid(data, size)) {
		bytes_key(json, key);
		base64_text(json, data, size);
	}
}

void json_string(struct json *json, const char *key, const char *text)
{
	json_text(json, key, text, strlen(text));
}

void json_id(struct json *json, const char *key, const struct strings *strings, string_id id)
{
	if (id)
		json_text(json, key, strings_get(strings, id), strings_size(strings, id));
	else
		json_null(json, key);
}

void json_ids(struct json *json, const char *key, const struct strings *strings, const string_id *ids, size_t n)
{
	bool valid = true;

	json_begin(json, key, '[');
	for (size_t i = 0; i < n; i++) {
		json_text(json, NULL, strings_get(strings, ids[i]), strings_size(strings, ids[i]));
		valid = valid && utf8_valid(strings_get(strings, ids[i]), strings_size(strings, ids[i]));
	}
	json_end(json);
	if (valid)
		return;
	bytes_key(json, key);
	for (size_t i = 0; i < n; i++) {
		out_text(json->out, i ? ", " : "[");
		base64_text(json, strings_get(strings, ids[i]), strings_size(strings, ids[i]));
	}
	out_text(json->out, "]");
}
