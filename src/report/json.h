/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing JSON (RFC 8259) as it comes, without a tree in memory. The two outermost levels are spread over lines, what is
 * deeper stands on one: a document of rows has a row a line, for grep and diff.
 *
 * Text is made valid: each maximal part that is not UTF-8 becomes U+FFFD, and then the truth follows it under the same
 * key with "_bytes" behind it, in base64. KEY is NULL for the items of an array.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/out.h"
#include "base/strings.h"

#define JSON_DEPTH_MAX 16

struct json {
	struct out *out;
	int depth;
	char closers[JSON_DEPTH_MAX]; /* private */
	bool filled[JSON_DEPTH_MAX];  /* private: the container has an item */
};

void json_begin(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_end(struct json *json); /* of the innermost; behind the outermost comes a newline */

void json_null(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);
void json_int(struct json *json, const char *key, int64_t value);
void json_uint(struct json *json, const char *key, uint64_t value);
/* Null for 0: where 0 means unknown. */
void json_known(struct json *json, const char *key, uint64_t value);
/* The shortest text that reads back as VALUE, with a point or an exponent: Python's repr. */
void json_double(struct json *json, const char *key, double value);
void json_hex(struct json *json, const char *key, uint64_t value); /* "0x4011d2" */
/* "2026-11-22T12:00:00Z"; null for 0. */
void json_time(struct json *json, const char *key, uint64_t time_ns);
void json_text(struct json *json, const char *key, const char *data, size_t size);
void json_string(struct json *json, const char *key, const char *text);
/* The string; null for the empty one, which means unknown. */
void json_id(struct json *json, const char *key, const struct strings *strings, string_id id);
/* An array of strings; when one is not UTF-8, KEY_bytes holds them all. */
void json_ids(struct json *json, const char *key, const struct strings *strings, const string_id *ids, size_t n);

/* TIME_NS of CLOCK_REALTIME as UTC by ISO 8601, in whole seconds. */
#define TIME_TEXT_MAX 40
char *time_text(char text[TIME_TEXT_MAX], uint64_t time_ns);

#endif
