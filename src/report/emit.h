/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing JSON (RFC 8259) as it comes, without a tree in memory. The two outermost levels are
 * spread over lines, what is deeper stands on one: a document of rows has a row a line, for grep
 * and diff.
 *
 * Text is made valid: each maximal part that is not UTF-8 becomes U+FFFD, and then the truth
 * follows it under the same key with "_bytes" behind it, in base64. KEY is NULL for the items of an
 * array.
 */
#ifndef REPORT_EMIT_H
#define REPORT_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/out.h"
#include "base/strings.h"

#define EMIT_DEPTH_MAX 16

struct emitter {
	struct out *out;
	int depth;
	char closers[EMIT_DEPTH_MAX]; /* private */
	bool filled[EMIT_DEPTH_MAX];  /* private: the container has an item */
};

void emit_begin(struct emitter *emitter, const char *key, char bracket); /* '{' or '[' */
void emit_end(struct emitter *emitter); /* of the innermost; behind the outermost comes a newline */

void emit_null(struct emitter *emitter, const char *key);
void emit_bool(struct emitter *emitter, const char *key, bool value);
void emit_int(struct emitter *emitter, const char *key, int64_t value);
void emit_uint(struct emitter *emitter, const char *key, uint64_t value);
/* Null for 0: where 0 means unknown. */
void emit_known(struct emitter *emitter, const char *key, uint64_t value);
/* The shortest text that reads back as VALUE, with a point or an exponent: Python's repr. */
void emit_double(struct emitter *emitter, const char *key, double value);
void emit_hex(struct emitter *emitter, const char *key, uint64_t value); /* "0x4011d2" */
/* "2026-11-22T12:00:00Z"; null for 0. */
void emit_time(struct emitter *emitter, const char *key, uint64_t time_ns);
void emit_text(struct emitter *emitter, const char *key, const char *data, size_t size);
void emit_string(struct emitter *emitter, const char *key, const char *text);
/* A value that is JSON already. */
void emit_raw(struct emitter *emitter, const char *key, const char *data, size_t size);
/* The string; null for the empty one, which means unknown. */
void emit_id(struct emitter *emitter, const char *key, const struct strings *strings, string_id id);
/* An array of strings; when one is not UTF-8, KEY_bytes holds them all. */
void emit_ids(struct emitter *emitter, const char *key, const struct strings *strings,
	const string_id *ids, size_t n);

/* What emit_double writes, but for the ".0" of a whole number. */
#define DOUBLE_TEXT_MAX 40
char *double_text(char text[DOUBLE_TEXT_MAX], double value);
/* TIME_NS of CLOCK_REALTIME as UTC by ISO 8601, in whole seconds. */
#define TIME_TEXT_MAX 40
char *time_text(char text[TIME_TEXT_MAX], uint64_t time_ns);

#endif
