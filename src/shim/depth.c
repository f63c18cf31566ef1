/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See depth.h. Frames are ordered by their stack pointers, which fall from the root on; a walk over
 * several stacks breaks that order, finds nothing, and goes all the way. */
#include "shim/depth.h"

void depth_begin(struct depth *depth)
{
	depth->fresh = 0;
	depth->full = false;
}

/* How many frames have a stack pointer of at least SP: they are nearer to the root, or it. */
static uint32_t search(const struct depth *depth, uintptr_t sp)
{
	uint32_t low = 0, high = depth->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (depth->frames[middle].sp >= sp)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool stands(const struct depth_frame *frame)
{
	const uint64_t *top = (const uint64_t *)frame->sp;

	return top[-1] == frame->pc && top[-2] == frame->below;
}

static bool all_stand(const struct depth *depth, uint32_t count)
{
	const struct depth_frame *frames = depth->frames;
	uint32_t checked = count < DEPTH_CHECKED ? count : DEPTH_CHECKED;

	for (uint32_t i = count - checked; i < count; i++)
		if (!stands(&frames[i]))
			return false;
	for (uint32_t i = 0; i < count - checked; i += DEPTH_EVERY)
		if (!stands(&frames[i]))
			return false;
	return true;
}

uint64_t depth_meet(struct depth *depth, uintptr_t sp, uint64_t pc)
{
	uint32_t count = search(depth, sp);

	if (count > 0 && depth->frames[count - 1].sp == sp && depth->frames[count - 1].pc == pc &&
		all_stand(depth, count)) {
		/* What lay on the leaf's side of it is told by this walk. */
		depth->count = count;
		return count;
	}
	if (depth->fresh + depth->count >= DEPTH_FRAMES)
		depth->full = true;
	else
		depth->frames[DEPTH_FRAMES - ++depth->fresh] =
			(struct depth_frame){sp, pc, ((const uint64_t *)sp)[-2]};
	return 0;
}

void depth_end(struct depth *depth, bool met)
{
	uint32_t from = DEPTH_FRAMES - depth->fresh;

	if (!met)
		depth->count = 0;
	/* The last one written is the nearest to the root; where one is missing, none has a
	 * place. */
	for (; from < DEPTH_FRAMES && !depth->full; from++)
		depth->frames[depth->count++] = depth->frames[from];
	depth->fresh = 0;
}
