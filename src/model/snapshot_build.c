/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Interning of what a snapshot is made of. A location has any number of frames, so its key is
 * written out as bytes and interned like a string; since every key gets a location, the string's id
 * is the location's index and needs no table of its own. Stacks and traces have keys of fixed size,
 * in a map. Cost: a hash look-up a piece, and the memory of the keys until builder_release.
 */
#include "model/snapshot_build.h"

#include <assert.h>
#include <string.h>

struct stack_key {
	uint32_t parent, location;
};

struct trace_key {
	uint32_t stack, total_nframe, domain, thread, part;
};

void builder_init(struct snapshot_builder *builder, struct snapshot *snapshot)
{
	assert(snapshot->locations.count == 0 && snapshot->stacks.count == 1 &&
		snapshot->traces.count == 0);
	*builder = (struct snapshot_builder){
		.snapshot = snapshot,
		.locations = strings_new(),
		.stacks = MAP_INIT(struct stack_key),
		.traces = MAP_INIT(struct trace_key),
	};
}

void builder_release(struct snapshot_builder *builder)
{
	strings_free(builder->locations);
	buffer_free(&builder->key);
	map_free(&builder->stacks);
	map_free(&builder->traces);
	builder->snapshot = NULL;
	builder->locations = NULL;
}

uint32_t builder_location(struct snapshot_builder *builder, const struct location *place,
	const struct frame *frames, size_t n)
{
	struct snapshot *snapshot = builder->snapshot;
	struct buffer *key = &builder->key;

	assert(n >= 1 && !(frames[n - 1].flags & FRAME_INLINED));
	key->size = 0;
	buffer_u64(key, place->address);
	buffer_u32(key, place->module);
	buffer_u8(key, place->has_address);
	for (size_t i = 0; i < n; i++) {
		buffer_u32(key, frames[i].filename);
		buffer_u32(key, frames[i].lineno);
		buffer_u32(key, frames[i].function);
		buffer_u32(key, frames[i].flags);
	}
	uint32_t index =
		strings_add_bytes(builder->locations, (const char *)key->data, key->size) - 1;

	if (index < snapshot->locations.count)
		return index;
	*ARRAY_PUSH(&snapshot->locations) = (struct location){
		.address = place->address,
		.module = place->module,
		.has_address = place->has_address,
		.first_frame = (uint32_t)snapshot->frames.count,
		.n_frames = (uint32_t)n,
	};
	for (size_t i = 0; i < n; i++)
		*ARRAY_PUSH(&snapshot->frames) = frames[i];
	return index;
}

uint32_t builder_stack(struct snapshot_builder *builder, uint32_t parent, uint32_t location)
{
	struct snapshot *snapshot = builder->snapshot;
	struct stack_key key = {parent, location};
	bool added;
	uint64_t *index = map_add(&builder->stacks, &key, snapshot->stacks.count, &added);

	if (added)
		*ARRAY_PUSH(&snapshot->stacks) =
			(struct stack){.parent = parent, .location = location};
	return (uint32_t)*index;
}

uint32_t builder_trace(struct snapshot_builder *builder, uint32_t stack, uint32_t total_nframe,
	uint32_t domain, uint32_t thread)
{
	return builder_trace_of(builder, stack, total_nframe, domain, thread, 0);
}

uint32_t builder_trace_of(struct snapshot_builder *builder, uint32_t stack, uint32_t total_nframe,
	uint32_t domain, uint32_t thread, uint32_t part)
{
	struct snapshot *snapshot = builder->snapshot;
	struct trace_key key = {stack, total_nframe, domain, thread, part};
	bool added;
	uint64_t *index = map_add(&builder->traces, &key, snapshot->traces.count, &added);

	if (added) {
		*ARRAY_PUSH(&snapshot->traces) = (struct trace){
			.stack = stack,
			.total_nframe = total_nframe,
			.domain = domain,
			.thread = thread,
			.part = part,
		};
	}
	return (uint32_t)*index;
}
