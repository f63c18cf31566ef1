/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shim's memory of its last walk, on stacks made by hand: what has changed is found, nearest to
 * the leaf first, and nothing beyond it is read; ways to a kept frame are found again, and only
 * those. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "shim/channel.h"
#include "shim/path.c"
#include "shim/trail.c"
#include "shim/trails.c"

enum { PAGE = 4096, FRAMES = 100, FRAME_WORDS = 12 };

struct channel channel;

void *channel_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void channel_free(void *at, size_t size)
{
	munmap(at, size);
}

static uint64_t *stack; /* grows down from stack[FRAMES * FRAME_WORDS] */
static struct trail trail;
static struct paths paths;

/* pcs that no module has. */
static uint64_t pc_of(int frame)
{
	return 0x100000000000ull + (uint64_t)frame * 16;
}

static uint64_t rsp_of(int frame)
{
	return (uintptr_t)&stack[(FRAMES - frame) * FRAME_WORDS];
}

static uint32_t row_by_rsp(void)
{
	return CFI_RSP | (uint32_t)FRAME_WORDS << 12;
}

/* Walks frames of that layout, root 0, leaf N - 1, as unwind.c leaves them: LEFT are kept. */
static void take(int left, int n, uint64_t leaf_pc)
{
	while ((uint32_t)n > trail.capacity)
		cr_assert(trail_grow(&trail, 0));
	for (int i = left; i < n; i++) {
		struct trail_frame *fresh = &trail.fresh[n - 1 - i];

		fresh->pc = i == n - 1 ? leaf_pc : pc_of(i);
		fresh->rsp = rsp_of(i);
		fresh->rbp = 0;
		fresh->row = i == 0 ? CFI_END : row_by_rsp();
		if (i > 0)
			((uint64_t *)rsp_of(i - 1))[-1] = pc_of(i - 1);
	}
	trail_take(&trail, (uint32_t)left, (uint32_t)(n - left));
	trail.n_kept = trail.n;
}

static void set_up(void)
{
	stack = mmap(NULL, (FRAMES + 1) * FRAME_WORDS * 8, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	trail_init(&trail, calloc(1, trail_bytes(TRAIL_FIRST)));
	paths_init(&paths, calloc(1, paths_bytes(PATHS_FIRST_BITS)));
}

Test(trail, says_nothing_has_changed_when_nothing_has, .init = set_up)
{
	take(0, FRAMES, pc_of(FRAMES - 1));
	cr_assert_eq(trail.frames[FRAMES - 1].cells, FRAMES - 1);
	cr_assert_eq(trail.frames[FRAMES - 1].depth, FRAMES);
	for (int n = 0; n < FRAMES; n++)
		cr_assert_eq(trail_changed(&trail, trail.frames[n].cells), 0);
}

Test(trail, finds_the_nearest_change_in_any_place, .init = set_up)
{
	take(0, FRAMES, pc_of(FRAMES - 1));
	for (int near = 0; near < FRAMES - 1; near++)
		for (int far = 0; far <= near; far += 7) {
			uint64_t *a = (uint64_t *)trail.cells[near].address;
			uint64_t *b = (uint64_t *)trail.cells[far].address;

			*a ^= 1;
			if (b != a)
				*b ^= 1ull << 63;
			cr_assert_eq(trail_changed(&trail, FRAMES - 1), (uint32_t)near + 1);
			*a ^= 1;
			if (b != a)
				*b ^= 1ull << 63;
		}
}

/* The far end of the stack is gone: whoever finds a change before it must not go there. */
Test(trail, reads_nothing_beyond_a_change, .init = set_up)
{
	int changed = 0;

	take(0, FRAMES, pc_of(FRAMES - 1));
	for (int i = 0; i < FRAMES - 1; i++)
		if (trail.cells[i].address < (uintptr_t)stack + PAGE)
			changed = changed ? changed : i;
	cr_assert(changed > 8 && changed < FRAMES - 9);
	*(uint64_t *)trail.cells[changed].address ^= 2;
	mprotect((char *)stack + PAGE, (FRAMES + 1) * FRAME_WORDS * 8 - PAGE, PROT_NONE);
	cr_assert_eq(trail_changed(&trail, FRAMES - 1), (uint32_t)changed + 1);
}

Test(trail, keeps_what_it_had_when_it_grows, .init = set_up)
{
	uint32_t capacity;

	take(0, FRAMES, pc_of(FRAMES - 1));
	capacity = trail.capacity;
	cr_assert(trail_grow(&trail, 0));
	cr_assert(trail_grow(&trail, 0));
	cr_assert_eq(trail.capacity, 4 * capacity);
	cr_assert_eq(trail.frames[FRAMES - 1].pc, pc_of(FRAMES - 1));
	cr_assert_eq(trail_changed(&trail, FRAMES - 1), 0);
	*(uint64_t *)trail.cells[3].address ^= 1;
	cr_assert_eq(trail_changed(&trail, FRAMES - 1), 4);
	trail_release(&trail);
}

/* rbp is a cell only where it matters further out, and the row of the frame that saves it says
 * where it lies. */
Test(trail, watches_a_frame_pointer_where_it_matters, .init = set_up)
{
	const uint32_t saves = CFI_RSP | CFI_RBP_AT_CFA << 3 | (uint32_t)(-2 & 127) << 5 |
			       (uint32_t)FRAME_WORDS << 12;
	const uint32_t by_rbp = CFI_RBP | (uint32_t)FRAME_WORDS << 12;
	struct trail_frame fresh[4] = {
		{.pc = pc_of(3), .rsp = rsp_of(3), .rbp = 7, .row = row_by_rsp()},
		{.pc = pc_of(2), .rsp = rsp_of(2), .rbp = 7, .row = saves},
		{.pc = pc_of(1), .rsp = rsp_of(1), .rbp = rsp_of(1), .row = by_rbp},
		{.pc = pc_of(0), .rsp = rsp_of(0), .row = CFI_END},
	};

	for (int i = 0; i < 4; i++)
		trail.fresh[i] = fresh[i];
	trail_take(&trail, 0, 4);
	cr_assert(trail.frames[1].live);
	cr_assert_not(trail.frames[2].live, "it reloads rbp for its caller");
	cr_assert_not(trail.frames[3].live);
	cr_assert_eq(trail.frames[3].cells, 4);
	cr_assert_eq(trail.cells[2].address, rsp_of(1) - 16);
	cr_assert_eq(trail.cells[2].value, rsp_of(1));
}

/* Looks for the way of the leaf at FRAME of the stack; the hook's frame stands just below. */
static uint32_t find(int frame, uint64_t leaf_pc)
{
	uint64_t *at = (uint64_t *)rsp_of(frame) - 2, old = at[1];
	uint32_t id;

	at[1] = leaf_pc;
	id = path_find(&paths, &trail, (uintptr_t)at);
	at[1] = old;
	return id;
}

Test(path, finds_what_was_kept_and_nothing_else, .init = set_up)
{
	const uint64_t first = pc_of(1000), second = pc_of(2000);

	take(0, 40, pc_of(39));
	take(38, 41, first);
	path_keep(&paths, &trail, 77);
	cr_assert_eq(find(40, first), 77);
	cr_assert_eq(find(40, second), 0, "another leaf");
	cr_assert_eq(find(39, first), 0, "another place");
	*(uint64_t *)(rsp_of(39) - 8) ^= 16;
	cr_assert_eq(find(40, first), 0, "another caller");
	*(uint64_t *)(rsp_of(39) - 8) ^= 16;
	cr_assert_eq(find(40, first), 77);
	*(uint64_t *)(rsp_of(5) - 8) ^= 16;
	cr_assert_eq(find(40, first), 0, "another caller far away");
	*(uint64_t *)(rsp_of(5) - 8) ^= 16;
	trail.frames[37].hash ^= 1;
	cr_assert_eq(find(40, first), 0, "the same frame of another stack");
	trail.frames[37].hash ^= 1;
	cr_assert_eq(find(40, first), 77);
	path_forget(&paths);
	cr_assert_eq(find(40, first), 0);
}

/* One wrapper, many callers: all of them are found. */
Test(path, knows_several_ways_of_one_leaf, .init = set_up)
{
	const uint64_t wrapper = pc_of(500);

	take(0, 40, pc_of(39));
	for (int caller = 0; caller < 3; caller++) {
		uint64_t *slot = (uint64_t *)(rsp_of(39) - 8);

		take(38, 41, wrapper);
		trail.frames[39].pc = *slot = pc_of(600 + caller);
		trail.cells[trail.frames[40].cells - 1].value = *slot;
		path_keep(&paths, &trail, 10 + (uint32_t)caller);
	}
	for (int caller = 2; caller >= 0; caller--) {
		*(uint64_t *)(rsp_of(39) - 8) = pc_of(600 + caller);
		cr_assert_eq(find(40, wrapper), 10 + (uint32_t)caller);
	}
}

Test(path, grows_when_it_is_missed_in_often, .init = set_up)
{
	take(0, 40, pc_of(39));
	for (int round = 0; round < 20; round++)
		for (int i = 0; i < 300; i++) {
			take(38, 41, pc_of(1000 + i));
			path_keep(&paths, &trail, 1 + (uint32_t)i);
		}
	cr_assert_eq(paths.bits, PATHS_MOST_BITS);
	for (int i = 299; i >= 290; i--)
		cr_assert_eq(find(40, pc_of(1000 + i)), 1 + (uint32_t)i);
	paths_release(&paths);
}

/* A walk over the stack whose root is at ROOT, from a leaf at LEAF. */
static void walk_on(struct trails *trails, uint64_t root, uint64_t leaf)
{
	struct trail *now = &trails->trail;

	trails_turn_to(trails, leaf);
	now->frames[0] = (struct trail_frame){.pc = pc_of(0), .rsp = root};
	now->frames[1] = (struct trail_frame){.pc = pc_of(1), .rsp = leaf};
	now->n = now->n_kept = 2;
	now->low = leaf;
}

Test(trails, keeps_one_for_each_of_a_few_stacks, .init = set_up)
{
	struct trails trails = {.trail = trail};
	const uint64_t roots[] = {0x10000000, 0x11000000, 0x11040000, 0x20000000};

	for (int i = 0; i < 4; i++)
		walk_on(&trails, roots[i], roots[i] - 0x800);
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 4; i++) {
			trails_turn_to(&trails, roots[i] - 0x100);
			cr_assert_eq(trails.trail.n_kept, 2);
			cr_assert_eq(trails.trail.frames[0].rsp, roots[i]);
			cr_assert_not(trails_turn_to(&trails, roots[i] - 0x900), "it is there");
		}
	cr_assert(trails_turn_to(&trails, 0x30000000));
	cr_assert_eq(trails.trail.n_kept, 0, "a fifth begins anew");
	trails_forget(&trails);
	cr_assert_not(trails_turn_to(&trails, roots[0] - 0x100), "there is nothing to turn to");
	trails_release(&trails);
}

Test(trails, a_single_stack_takes_no_more_memory, .init = set_up)
{
	struct trails trails = {.trail = trail};

	for (uint64_t depth = 0; depth < 1 << 20; depth += 0x8000)
		walk_on(&trails, 0x10000000, 0x10000000 - depth);
	cr_assert_null(trails.others);
}
