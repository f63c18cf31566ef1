/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Depths of deep stacks, by what is known of the last walk: on a stack of our own making, whose
 * true depth we know. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "shim/depth.c"

enum { WORDS = 1 << 21, KEPT = 128, MOST = DEPTH_FRAMES + 4000 };

/* A stack that grows down; frames[i] is the i-th from the root, its return address stands below its
 * sp. As in compiled code the size of a frame follows from its pc. */
static uint64_t memory[WORDS];
static struct {
	uintptr_t sp;
	uint64_t pc;
} frames[MOST];
static uint64_t n_frames;
static struct depth depth;

static void push(uint64_t pc)
{
	uintptr_t sp = n_frames ? frames[n_frames - 1].sp - 8 * (2 + frames[n_frames - 1].pc % 8)
				: (uintptr_t)(memory + WORDS);

	frames[n_frames].sp = sp;
	frames[n_frames++].pc = pc;
	((uint64_t *)sp)[-1] = pc;
}

/* A walk as the shim does it; returns the depth found, STEPS: how many frames were walked. */
static uint64_t walk(uint64_t *steps)
{
	uint64_t walked = 0, rest = 0;

	depth_begin(&depth);
	while (walked < n_frames && !rest) {
		if (walked >= KEPT)
			rest = depth_meet(&depth, frames[n_frames - 1 - walked].sp,
				frames[n_frames - 1 - walked].pc);
		if (!rest)
			walked++;
	}
	*steps = walked;
	if (walked + rest > KEPT)
		depth_end(&depth, rest > 0);
	return walked + rest;
}

Test(depth, is_exact_for_recursion_and_each_walk_is_short)
{
	uint64_t steps;

	while (n_frames < 30000) {
		push(0x1001);
		cr_assert_eq(walk(&steps), n_frames);
		cr_assert_leq(steps, KEPT + 1);
	}
}

Test(depth, is_exact_when_the_stack_goes_up_and_down)
{
	uint64_t steps, walked = 0, walks = 0;

	srand(7);
	for (int round = 0; round < 50000; round++) {
		uint64_t goal = n_frames;

		if (rand() % 50 == 0)
			goal = (uint64_t)rand() % 20000;
		else
			goal = (goal + 20000 + (uint64_t)(rand() % 200) - 100) % 20000;
		while (n_frames > goal)
			n_frames--;
		while (n_frames < goal)
			push(0x1000 + (uint64_t)rand() % 3);
		cr_assert_eq(
			walk(&steps), n_frames, "round %d: %lu", round, (unsigned long)n_frames);
		walked += steps;
		walks++;
	}
	cr_assert_lt(walked / walks, 1000, "%lu", (unsigned long)(walked / walks));
}

Test(depth, notices_that_the_far_end_is_another)
{
	uint64_t steps;

	for (int i = 0; i < 2000; i++)
		push(0x1002);
	cr_assert_eq(walk(&steps), 2000);
	/* The same frames near the leaf, at the same places, but 600 of 4 words at the root have
	 * become 300 of 8. */
	n_frames = 0;
	for (int i = 0; i < 300; i++)
		push(0x2006);
	for (int i = 0; i < 1400; i++)
		push(0x1002);
	cr_assert_eq(walk(&steps), 1700);
}

Test(depth, is_found_with_nothing_known)
{
	uint64_t steps;

	for (int i = 0; i < 5000; i++)
		push(0x1000);
	cr_assert_eq(walk(&steps), 5000);
	cr_assert_eq(steps, 5000);
	n_frames = 200;
	cr_assert_eq(walk(&steps), 200);
	n_frames = 3;
	cr_assert_eq(walk(&steps), 3);
	while (n_frames < 300)
		push(0x3000);
	cr_assert_eq(walk(&steps), 300);
}

Test(depth, goes_on_when_there_is_no_more_room)
{
	uint64_t steps;

	while (n_frames < DEPTH_FRAMES + 2000)
		push(0x1000);
	cr_assert_eq(walk(&steps), n_frames);
	cr_assert_eq(walk(&steps), n_frames);
	push(0x1000);
	cr_assert_eq(walk(&steps), n_frames);
	n_frames = 1000;
	cr_assert_eq(walk(&steps), 1000);
}
