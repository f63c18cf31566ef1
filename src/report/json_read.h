/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading values out of a JSON document with errors that name the place inside it:
 * "traces[3].frames[0][1]: must be …". A key that is missing or null leaves the value as it is.
 * Integers reach 2^63 - 1; addresses are text, "0x4011d2", and reach 2^64 - 1.
 */
#ifndef REPORT_JSON_READ_H
#define REPORT_JSON_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/strings.h"

/* A place in the document: a chain of keys and indexes on the callers' stacks. */
struct json_at {
	const struct json_at *parent; /* NULL: the document itself */
	const char *key;	      /* NULL: INDEX counts */
	size_t index;
};

/* "PLACE: " and the message; returns -1. */
int json_error_at(const struct json_at *at, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An object, and where errors of its values go. */
struct json_object {
	const json_t *value;
	const struct json_at *at;
	struct error *err;
};

/* Each returns 0, or -1 with the error. */
int json_read_object(struct json_object *object, const json_t *value, const struct json_at *at,
	struct error *err);
int json_read_uint(const struct json_object *object, const char *key, uint64_t *value);
int json_read_u32(const struct json_object *object, const char *key, uint32_t *value);
int json_read_int(const struct json_object *object, const char *key, int64_t *value);
int json_read_bool(const struct json_object *object, const char *key, bool *value);
int json_read_hex(const struct json_object *object, const char *key, uint64_t *value, bool *there);
/* A string; KEY_bytes (base64) is preferred to it. */
int json_read_text(const struct json_object *object, const char *key, struct strings *strings,
	string_id *value);
/* *value is the array, or NULL when it is missing or null. */
int json_read_array(const struct json_object *object, const char *key, const json_t **value);
/* The key must be there and not be null. */
int json_read_needed(const struct json_object *object, const char *key);

/* Names the first number below VALUE that is beyond 2^63, of a tree loaded with
 * JSON_DECODE_INT_AS_REAL: then -1; 0 when there is none. */
int json_find_too_large(const json_t *value, const struct json_at *at, struct error *err);

/* An item of an array as an integer of at most 32 bits. */
int json_item_u32(
	const json_t *value, const struct json_at *at, struct error *err, uint32_t *number);

#endif
