/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each table is optional by itself. Rows of one trace add up, since several stacks of a document may be one trace. What a row
 * says must have its number to it: a key that is missing would be a 0 that nobody has counted.
 */
#include "report/import_lives.h"

#include <inttypes.h>

struct import {
	struct snapshot *snapshot;
	const uint32_t *traces;
	size_t n;
};

struct number {
	const char *key;
	uint64_t *value;
};

static int read_numbers(const struct json_object *object, const struct number *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_read_needed(object, numbers[i].key) < 0 ||
			json_read_uint(object, numbers[i].key, numbers[i].value) < 0)
			return -1;
	return 0;
}

static int read_trace(const struct import *import, const struct json_object *object, uint32_t *trace)
{
	struct json_at at = {object->at, "trace", 0};

	*trace = 0;
	if (json_read_needed(object, "trace") < 0 || json_read_u32(object, "trace", trace) < 0)
		return -1;
	if (*trace >= import->n)
		return json_error_at(&at, object->err, "is no index of traces");
	*trace = import->traces[*trace];
	return 0;
}

static int read_life(const struct import *import, const struct json_object *object)
{
	struct life life = {{0, 0}, {0, 0}, 0, 0, 0};
	const struct number numbers[] = {
		{"temporary_size", &life.temporary.size},
		{"temporary_count", &life.temporary.count},
		{"moved_size", &life.moved.size},
		{"moved_count", &life.moved.count},
		{"grown_count", &life.grown},
		{"timed_count", &life.timed},
		{"lifetime_ns", &life.lifetime_ns},
	};
	uint32_t trace;

	if (read_trace(import, object, &trace) < 0 ||
		read_numbers(object, numbers, sizeof(numbers) / sizeof(*numbers)) < 0)
		return -1;
	life_add(&import->snapshot->lives.items[trace], &life);
	return 0;
}

static int read_lifetime(const struct import *import, const struct json_object *object)
{
	struct lifetime *lifetime = ARRAY_PUSH(&import->snapshot->lifetimes);
	struct json_at at = {object->at, "from_ns", 0};
	uint64_t from = 0;
	const struct number numbers[] = {
		{"from_ns", &from},
		{"size", &lifetime->counts.size},
		{"count", &lifetime->counts.count},
	};

	if (read_numbers(object, numbers, sizeof(numbers) / sizeof(*numbers)) < 0)
		return -1;
	if (from && (from & (from - 1)))
		return json_error_at(&at, object->err, "%" PRIu64 " is no power of two", from);
	lifetime->class = lifetime_class_of(from);
	return 0;
}

static int read_size(const struct import *import, const struct json_object *object)
{
	struct size_class *size = ARRAY_PUSH(&import->snapshot->sizes);
	struct json_at at = {object->at, "max", 0};
	const struct number numbers[] = {
		{"min", &size->min},
		{"max", &size->max},
		{"total_size", &size->total.size},
		{"total_count", &size->total.count},
		{"size", &size->live.size},
		{"count", &size->live.count},
	};

	if (read_trace(import, object, &size->trace) < 0 ||
		read_numbers(object, numbers, sizeof(numbers) / sizeof(*numbers)) < 0)
		return -1;
	if (size->min > size->max || size_class_of(size->min) != size_class_of(size->max))
		return json_error_at(&at, object->err, "%" PRIu64 " and the min of %" PRIu64 " are not between two powers of two",
			size->max, size->min);
	return 0;
}

static int read_point(const struct import *import, const struct json_object *object)
{
	struct point *point = ARRAY_PUSH(&import->snapshot->timeline);
	const struct number numbers[] = {
		{"time_ns", &point->time_ns},
		{"size", &point->live.size},
		{"count", &point->live.count},
		{"high", &point->high},
	};

	if (read_numbers(object, numbers, sizeof(numbers) / sizeof(*numbers)) < 0)
		return -1;
	return json_read_uint(object, "rss", &point->rss);
}

/* Calls READ for each object of the array at KEY. */
static int read_table(const struct import *import, const struct json_object *document, const char *key,
	int (*read)(const struct import *, const struct json_object *))
{
	struct json_at at = {document->at, key, 0};
	struct json_object object;
	const json_t *array;

	if (json_read_array(document, key, &array) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct json_at item = {&at, NULL, i};

		if (json_read_object(&object, json_array_get(array, i), &item, document->err) < 0 ||
			read(import, &object) < 0)
			return -1;
	}
	return 0;
}

static bool has(const struct json_object *document, const char *key)
{
	const json_t *value = json_object_get(document->value, key);

	return value && !json_is_null(value);
}

int import_lives(const struct json_object *document, struct snapshot *snapshot, const uint32_t *traces, size_t n)
{
	const struct import import = {snapshot, traces, n};

	if (has(document, "lives"))
		snapshot_alloc_lives(snapshot);
	snapshot->keeps_sizes = has(document, "sizes");
	if (read_table(&import, document, "lives", read_life) < 0 ||
		read_table(&import, document, "lifetimes", read_lifetime) < 0 ||
		read_table(&import, document, "sizes", read_size) < 0 ||
		read_table(&import, document, "timeline", read_point) < 0)
		return -1;
	snapshot_sort_lifetimes(snapshot);
	snapshot_sort_sizes(snapshot);
	return 0;
}
