/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building: the same piece, the same index. */
#include <criterion/criterion.h>
#include "model/snapshot_build.h"
#include "sample_snapshot.h"

Test(snapshot_build, pieces_are_built_once)
{
	struct snapshot *snapshot = snapshot_new();
	struct snapshot_builder builder;
	struct location place = {.address = 5, .module = INDEX_NONE, .has_address = true};
	struct frame frames[2] = {
		{.filename = sample_name(snapshot, "a.c"), .lineno = 1, .flags = FRAME_INLINED},
		{.filename = sample_name(snapshot, "a.c"), .lineno = 2}};

	builder_init(&builder, snapshot);
	uint32_t first = builder_location(&builder, &place, frames, 2);

	cr_assert_eq(builder_location(&builder, &place, frames, 2), first);
	cr_assert_eq(builder_location(&builder, &place, frames + 1, 1), first + 1);
	place.address++;
	cr_assert_eq(builder_location(&builder, &place, frames, 2), first + 2);
	frames[1].lineno++;
	cr_assert_eq(builder_location(&builder, &place, frames, 2), first + 3);
	cr_assert_eq(snapshot->frames.count, 7);
	cr_assert_eq(
		snapshot->frames.items[snapshot->locations.items[3].first_frame + 1].lineno, 3);
	uint32_t a = builder_stack(&builder, 0, 0), b = builder_stack(&builder, a, 0);

	cr_assert_eq(a, 1);
	cr_assert_eq(b, 2);
	cr_assert_eq(builder_stack(&builder, 0, 0), a);
	cr_assert_eq(builder_stack(&builder, a, 0), b);
	cr_assert_eq(builder_stack(&builder, 0, 1), 3);
	uint32_t trace = builder_trace(&builder, b, 2, 0, INDEX_NONE);

	cr_assert_eq(builder_trace(&builder, b, 2, 0, INDEX_NONE), trace);
	cr_assert_eq(builder_trace(&builder, b, 3, 0, INDEX_NONE), trace + 1);
	cr_assert_eq(builder_trace(&builder, b, 2, 1, INDEX_NONE), trace + 2);
	cr_assert_eq(builder_trace(&builder, b, 2, 0, 0), trace + 3);
	cr_assert_eq(builder_trace(&builder, a, 2, 0, INDEX_NONE), trace + 4);
	cr_assert_eq(snapshot->traces.count, 5);
	builder_release(&builder);
	snapshot_free(snapshot);
}
