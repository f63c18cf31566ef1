/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See import_sampling.h. A document without any errors is none of estimates, so the run's own row is added where it is missing. */
#include <inttypes.h>
#include "report/import_sampling.h"

struct reading {
	struct snapshot *snapshot;
	const uint32_t *traces;
	size_t n_traces;
	uint64_t interval;
};

static int read_index(const struct json_object *object, const char *key, size_t n, uint32_t *index)
{
	struct json_at at = {object->at, key, 0};

	*index = INDEX_NONE;
	if (json_read_u32(object, key, index) < 0)
		return -1;
	return *index == INDEX_NONE || *index < n ? 0 : json_error_at(&at, object->err, "%" PRIu32 " is not there", *index);
}

static int read_deviation(const struct json_object *object, const struct reading *reading)
{
	struct uncertainty one = {.interval = reading->interval};

	if (read_index(object, "moment", reading->snapshot->moments.count, &one.moment) < 0 ||
		read_index(object, "trace", reading->n_traces, &one.trace) < 0 ||
		json_read_uint(object, "size_256ths", &one.size) < 0 || json_read_uint(object, "count_256ths", &one.count) < 0)
		return -1;
	if (one.trace == INDEX_NONE && one.moment != INDEX_NONE)
		return json_error_at(object->at, object->err, "is of a moment and of no trace");
	if (one.trace != INDEX_NONE)
		one.trace = reading->traces[one.trace];
	snapshot_add_uncertainty(reading->snapshot, one);
	return 0;
}

int import_sampling(const struct json_object *document, struct snapshot *snapshot, const uint32_t *traces, size_t n)
{
	const json_t *value = json_object_get(document->value, "sampling"), *array;
	struct json_at at = {document->at, "sampling", 0}, list = {&at, "deviations", 0};
	struct reading reading = {snapshot, traces, n, 0};
	struct json_object object, item;

	if (!value || json_is_null(value))
		return 0;
	if (json_read_object(&object, value, &at, document->err) < 0 || json_read_needed(&object, "interval") < 0 ||
		json_read_uint(&object, "interval", &reading.interval) < 0 ||
		json_read_array(&object, "deviations", &array) < 0)
		return -1;
	snapshot_add_uncertainty(snapshot,
		(struct uncertainty){.moment = INDEX_NONE, .trace = INDEX_NONE, .interval = reading.interval});
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct json_at place = {&list, NULL, i};

		if (json_read_object(&item, json_array_get(array, i), &place, document->err) < 0 ||
			read_deviation(&item, &reading) < 0)
			return -1;
	}
	snapshot_sort_sampling(snapshot);
	return 0;
}
