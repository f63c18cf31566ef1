/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys, interned. Chains share their older parts, as stacks do, so a key costs 12 bytes whatever
 * its depth and two keys are compared from their common ancestor on. Comparing names happens once,
 * in keys_rank; afterwards places are numbers.
 */
#include "report/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "model/snapshot.h"

void keys_init(struct keys *keys)
{
	*keys = (struct keys){
		.strings = strings_new(),
		.place_map = MAP_INIT(struct place),
		.key_map = {.key_size = 2 * sizeof(uint32_t)},
	};
	ARRAY_PUSH(&keys->keys);
}

void keys_release(struct keys *keys)
{
	strings_free(keys->strings);
	ARRAY_FREE(&keys->places);
	ARRAY_FREE(&keys->keys);
	free(keys->ranks);
	map_free(&keys->place_map);
	map_free(&keys->key_map);
}

_Static_assert(sizeof(struct place) == 24, "a place has no padding: it is a map's key");

uint32_t keys_place(struct keys *keys, const struct place *place)
{
	bool added;
	uint64_t *index = map_add(&keys->place_map, place, keys->places.count, &added);

	if (added)
		*ARRAY_PUSH(&keys->places) = *place;
	return (uint32_t)*index;
}

uint32_t keys_add(struct keys *keys, uint32_t parent, uint32_t place)
{
	uint32_t pair[2] = {parent, place};
	bool added;
	uint64_t *index = map_add(&keys->key_map, pair, keys->keys.count, &added);

	if (added) {
		uint32_t depth = keys->keys.items[parent].depth + 1;

		*ARRAY_PUSH(&keys->keys) = (struct key){parent, place, depth};
	}
	return (uint32_t)*index;
}

static int compare_names(const struct keys *keys, string_id a, string_id b)
{
	size_t a_size = strings_size(keys->strings, a), b_size = strings_size(keys->strings, b);
	int order = memcmp(strings_get(keys->strings, a), strings_get(keys->strings, b),
		a_size < b_size ? a_size : b_size);

	return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int compare_places(const void *a_index, const void *b_index, void *data)
{
	const struct keys *keys = data;
	const struct place *a = &keys->places.items[*(const uint32_t *)a_index];
	const struct place *b = &keys->places.items[*(const uint32_t *)b_index];
	int order = a->name == b->name ? 0 : compare_names(keys, a->name, b->name);

	if (order == 0)
		order = (a->lineno > b->lineno) - (a->lineno < b->lineno);
	if (order == 0)
		order = (a->kind > b->kind) - (a->kind < b->kind);
	if (order == 0 && a->function != b->function)
		order = compare_names(keys, a->function, b->function);
	return order ? order : (a->number > b->number) - (a->number < b->number);
}

void keys_rank(struct keys *keys)
{
	size_t n = keys->places.count;
	uint32_t *order = xcalloc(n + 1, sizeof(*order));

	free(keys->ranks);
	keys->ranks = xcalloc(n + 1, sizeof(*keys->ranks));
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, n, sizeof(*order), compare_places, keys);
	for (size_t i = 0; i < n; i++)
		keys->ranks[order[i]] = (uint32_t)i;
	free(order);
}

static uint32_t ancestor(const struct keys *keys, uint32_t key, uint32_t depth)
{
	while (keys->keys.items[key].depth > depth)
		key = keys->keys.items[key].parent;
	return key;
}

int keys_compare(const struct keys *keys, uint32_t a, uint32_t b)
{
	const struct key *items = keys->keys.items;
	uint32_t a_depth = items[a].depth, b_depth = items[b].depth;
	uint32_t depth = a_depth < b_depth ? a_depth : b_depth;

	a = ancestor(keys, a, depth);
	b = ancestor(keys, b, depth);
	if (a == b)
		return (a_depth > b_depth) - (a_depth < b_depth);
	while (items[a].parent != items[b].parent) {
		a = items[a].parent;
		b = items[b].parent;
	}
	return keys->ranks[items[a].place] < keys->ranks[items[b].place] ? -1 : 1;
}

const struct place *keys_oldest(const struct keys *keys, uint32_t key)
{
	return &keys->places.items[keys->keys.items[ancestor(keys, key, 1)].place];
}

/* A power of two in the unit that it is a whole number of. */
static const char *size_text(char text[UNITS_MAX], uint64_t size)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	int unit = 0;

	for (; size >= 1024; size /= 1024)
		unit++;
	snprintf(text, UNITS_MAX, "%" PRIu64 " %s", size, units[unit]);
	return text;
}

static void size_write(uint32_t class, struct out *out)
{
	uint64_t most = size_class_max(class), least = class > 1 ? most / 2 + 1 : most;
	char low[UNITS_MAX], high[UNITS_MAX];

	if (most <= 1024 && least < most)
		out_format(out, "%" PRIu64 " to %" PRIu64 " B", least, most);
	else if (least < most)
		out_format(out, "over %s to %s", size_text(low, most / 2), size_text(high, most));
	else
		out_format(out, "%" PRIu64 " B", most);
}

void place_write(const struct keys *keys, const struct place *place, struct out *out)
{
	const char *name = strings_get(keys->strings, place->name);
	size_t size = strings_size(keys->strings, place->name);

	if (place->kind == PLACE_SIZE)
		size_write((uint32_t)place->number, out);
	if (place->kind == PLACE_THREAD || place->kind == PLACE_PROCESS) {
		out_text(out, place->kind == PLACE_THREAD ? "thread" : "process");
		if (place->number || place->kind == PLACE_THREAD)
			out_format(out, " %" PRId64, (int64_t)place->number);
		if (place->kind == PLACE_PROCESS && place->lineno)
			out_format(out, ", image %" PRIu32, place->lineno);
		if (size == 0)
			return;
		out_text(out, " (");
	}
	out_bytes(out, name, size);
	if (place->kind == PLACE_THREAD || place->kind == PLACE_PROCESS)
		out_text(out, ")");
	if (place->kind == PLACE_LINE)
		out_format(out, ":%" PRIu32, place->lineno);
	if (place->kind == PLACE_ADDRESS)
		out_format(out, "(+0x%" PRIx64 ")", place->number);
	if (place->kind == PLACE_SYMBOL) {
		out_text(out, "(");
		out_bytes(out, strings_get(keys->strings, place->function),
			strings_size(keys->strings, place->function));
		out_text(out, ")");
	}
}
