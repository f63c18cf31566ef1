/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Building a snapshot from pieces that repeat: the recorder and the importer both hand in
 * locations, stacks and traces as they meet them, and get the index of the one that is already
 * there. The tables are those of the snapshot; the builder only knows where each piece lies.
 *
 *     struct snapshot_builder builder;
 *     builder_init(&builder, snapshot);
 *     location = builder_location(&builder, &place, frames, n);   a return address and its names
 *     stack = builder_stack(&builder, 0, location);               from the outermost frame inwards
 *     trace = builder_trace(&builder, stack, n_frames, domain, INDEX_NONE);
 *     builder_release(&builder);
 */
#ifndef MODEL_SNAPSHOT_BUILD_H
#define MODEL_SNAPSHOT_BUILD_H

#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/map.h"
#include "base/strings.h"
#include "model/snapshot.h"

struct snapshot_builder {
	struct snapshot *snapshot; /* the caller's */
	struct strings *locations; /* keys as bytes; a key's id - 1 is its location's index */
	struct buffer key;	   /* the key being made */
	struct map stacks;	   /* (parent, location) -> index */
	struct map traces;	   /* (stack, total_nframe, domain, thread, part) -> index */
};

/* Over a new snapshot; its locations, stacks and traces then come from the builder alone. */
void builder_init(struct snapshot_builder *builder, struct snapshot *snapshot);
/* Frees the builder's own tables; the snapshot stays. */
void builder_release(struct snapshot_builder *builder);

/* The index of the location with PLACE's address, module and has_address (the rest of it is not
 * looked at) and these N (>= 1) frames, innermost first, their strings interned in the snapshot.
 * The last must not be FRAME_INLINED. */
uint32_t builder_location(struct snapshot_builder *builder, const struct location *place,
	const struct frame *frames, size_t n);
/* The index of the stack of LOCATION called from PARENT (0: by nobody). */
uint32_t builder_stack(struct snapshot_builder *builder, uint32_t parent, uint32_t location);
/* The index of the trace; a new one has zero totals, for the caller to add to. DOMAIN and THREAD
 * are indexes (see snapshot_domain), THREAD may be INDEX_NONE. */
uint32_t builder_trace(struct snapshot_builder *builder, uint32_t stack, uint32_t total_nframe,
	uint32_t domain, uint32_t thread);
/* The same of a part of a merged snapshot, as in struct trace. */
uint32_t builder_trace_of(struct snapshot_builder *builder, uint32_t stack, uint32_t total_nframe,
	uint32_t domain, uint32_t thread, uint32_t part);

#endif
