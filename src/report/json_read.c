/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Typed values from jansson's tree. The place of a value is only put into words when there is an
 * error, so reading costs no text.
 */
#include "report/json_read.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/base64.h"
#include "base/bytes.h"

#define PLACE_MAX 200

static size_t place_text(const struct json_at *at, char *text, size_t used)
{
	int n;

	if (!at)
		return used;
	used = place_text(at->parent, text, used);
	if (at->key)
		n = snprintf(text + used, PLACE_MAX - used, "%s%s", used ? "." : "", at->key);
	else
		n = snprintf(text + used, PLACE_MAX - used, "[%zu]", at->index);
	used += n > 0 ? (size_t)n : 0;
	return used < PLACE_MAX ? used : PLACE_MAX - 1;
}

int json_error_at(const struct json_at *at, struct error *err, const char *format, ...)
{
	char place[PLACE_MAX] = "", message[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (place_text(at, place, 0) == 0)
		snprintf(place, sizeof(place), "the document");
	return error_set(err, "%s: %s", place, message);
}

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "an integer";
	case JSON_REAL:
		return "a number with a fraction or exponent";
	case JSON_NULL:
		return "null";
	default:
		return "a boolean";
	}
}

static int wrong_type(
	const struct json_object *object, const char *key, const char *wanted, const json_t *value)
{
	struct json_at at = {object->at, key, 0};

	return json_error_at(&at, object->err, "must be %s, not %s", wanted, type_name(value));
}

static int out_of_range(const struct json_object *object, const char *key, json_int_t value)
{
	struct json_at at = {object->at, key, 0};

	return json_error_at(&at, object->err, "%" JSON_INTEGER_FORMAT " is out of range", value);
}

/* The value, or NULL when it is missing or null. */
static const json_t *get(const struct json_object *object, const char *key)
{
	const json_t *value = json_object_get(object->value, key);

	return value && !json_is_null(value) ? value : NULL;
}

int json_read_object(struct json_object *object, const json_t *value, const struct json_at *at,
	struct error *err)
{
	*object = (struct json_object){value, at, err};
	if (!json_is_object(value))
		return json_error_at(at, err, "must be an object, not %s", type_name(value));
	return 0;
}

int json_read_needed(const struct json_object *object, const char *key)
{
	struct json_at at = {object->at, key, 0};

	return get(object, key) ? 0 : json_error_at(&at, object->err, "is missing");
}

int json_read_int(const struct json_object *object, const char *key, int64_t *value)
{
	const json_t *found = get(object, key);

	if (!found)
		return 0;
	if (!json_is_integer(found))
		return wrong_type(object, key, "an integer", found);
	*value = json_integer_value(found);
	return 0;
}

int json_read_uint(const struct json_object *object, const char *key, uint64_t *value)
{
	int64_t number = 0;

	if (!get(object, key))
		return 0;
	if (json_read_int(object, key, &number) < 0)
		return -1;
	if (number < 0)
		return out_of_range(object, key, number);
	*value = (uint64_t)number;
	return 0;
}

int json_read_u32(const struct json_object *object, const char *key, uint32_t *value)
{
	uint64_t number = *value;

	if (json_read_uint(object, key, &number) < 0)
		return -1;
	if (number > UINT32_MAX)
		return out_of_range(object, key, (json_int_t)number);
	*value = (uint32_t)number;
	return 0;
}

int json_read_bool(const struct json_object *object, const char *key, bool *value)
{
	const json_t *found = get(object, key);

	if (found && !json_is_boolean(found))
		return wrong_type(object, key, "true or false", found);
	if (found)
		*value = json_is_true(found);
	return 0;
}

int json_read_hex(const struct json_object *object, const char *key, uint64_t *value, bool *there)
{
	const json_t *found = get(object, key);
	struct json_at at = {object->at, key, 0};
	const char *text;

	if (there)
		*there = found != NULL;
	if (!found)
		return 0;
	if (!json_is_string(found))
		return wrong_type(object, key, "an address like \"0x4011d2\"", found);
	text = json_string_value(found);
	if (strncmp(text, "0x", 2) != 0 || strlen(text) != json_string_length(found) ||
		strlen(text) > 18 || text[2] == '\0' ||
		strspn(text + 2, "0123456789abcdefABCDEF") != strlen(text + 2))
		return json_error_at(&at, object->err, "must be an address like \"0x4011d2\"");
	*value = strtoull(text + 2, NULL, 16);
	return 0;
}

static int read_bytes(const struct json_object *object, const char *key, struct strings *strings,
	string_id *value)
{
	const json_t *found = get(object, key);
	struct json_at at = {object->at, key, 0};
	struct buffer bytes = {0};
	int rc = 0;

	if (!json_is_string(found))
		return wrong_type(object, key, "a string", found);
	if (base64_decode(&bytes, json_string_value(found), json_string_length(found)))
		*value = strings_add_bytes(strings, (const char *)bytes.data, bytes.size);
	else
		rc = json_error_at(&at, object->err, "must be base64");
	buffer_free(&bytes);
	return rc;
}

int json_read_text(const struct json_object *object, const char *key, struct strings *strings,
	string_id *value)
{
	const json_t *found = get(object, key);
	char bytes_key[64];

	if (found && !json_is_string(found))
		return wrong_type(object, key, "a string", found);
	snprintf(bytes_key, sizeof(bytes_key), "%s_bytes", key);
	if (get(object, bytes_key))
		return read_bytes(object, bytes_key, strings, value);
	if (found)
		*value = strings_add_bytes(
			strings, json_string_value(found), json_string_length(found));
	return 0;
}

int json_read_array(const struct json_object *object, const char *key, const json_t **value)
{
	*value = get(object, key);
	if (*value && !json_is_array(*value))
		return wrong_type(object, key, "an array", *value);
	return 0;
}

int json_item_u32(
	const json_t *value, const struct json_at *at, struct error *err, uint32_t *number)
{
	if (!json_is_integer(value))
		return json_error_at(at, err, "must be an integer, not %s", type_name(value));
	if (json_integer_value(value) < 0 || json_integer_value(value) > UINT32_MAX)
		return json_error_at(at, err, "%" JSON_INTEGER_FORMAT " is out of range",
			json_integer_value(value));
	*number = (uint32_t)json_integer_value(value);
	return 0;
}

int json_find_too_large(const json_t *value, const struct json_at *at, struct error *err)
{
	struct json_at item = {at, NULL, 0};
	const char *key;
	json_t *member;

	if (json_is_real(value) && fabs(json_real_value(value)) >= 0x1p63)
		return json_error_at(at, err, "is out of range");
	for (; item.index < json_array_size(value); item.index++) {
		if (json_find_too_large(json_array_get(value, item.index), &item, err) < 0)
			return -1;
	}
	json_object_foreach((json_t *)value, key, member)
	{
		item.key = key;
		if (json_find_too_large(member, &item, err) < 0)
			return -1;
	}
	return 0;
}
