/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the shim that stand alone: the text of its environment variable, the arena of its
 * first moments. */
#include <criterion/criterion.h>
#include <string.h>
#include "shim/arena.c"
#include "shim/channel_parse.c"

Test(shim, parses_an_address)
{
	struct channel_address address;

	cr_assert(
		channel_parse("1:4242:400:17:401:18446744073709551615:0123456789abcdef", &address));
	cr_assert_eq(address.version, 1);
	cr_assert_eq(address.pid, 4242);
	cr_assert_eq(address.pool_fd, 400);
	cr_assert_eq(address.pool_inode, 17);
	cr_assert_eq(address.pipe_fd, 401);
	cr_assert_eq(address.pipe_inode, 18446744073709551615u);
	cr_assert_eq(address.key, 0x0123456789abcdefu);
}

Test(shim, refuses_what_is_no_address)
{
	static const char *const texts[] = {"", "1", ":", "1:2:3:4:5:6",
		"1:2:3:4:5:6:", "1:2:3:4:5:6:0123456789abcde", "1:2:3:4:5:6:0123456789abcdef0",
		"1:2:3:4:5:6:0123456789abcdeg", "1:2:3:4:5:6:0123456789ABCDEF",
		"1:2:3:4:5:6:0123456789abcdef ", " 1:2:3:4:5:6:0123456789abcdef",
		"1::3:4:5:6:0123456789abcdef", "1:-2:3:4:5:6:0123456789abcdef",
		"1:2:3:18446744073709551616:5:6:0123456789abcdef",
		"1:2:2147483648:4:5:6:0123456789abcdef", "1:2:3:4:4294967296:6:0123456789abcdef",
		"1:99999999999:3:4:5:6:0123456789abcdef", "1:2:3:4:5:6:7:0123456789abcdef",
		"1:0x2:3:4:5:6:0123456789abcdef"};
	struct channel_address address;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cr_assert(!channel_parse(texts[i], &address), "%s", texts[i]);
}

Test(shim, arena_gives_zeros_aligned_and_apart)
{
	char *before = arena_allocate(100, 1), *after;

	cr_assert(before && arena_owns(before) && arena_owns(before + 99));
	cr_assert_eq(arena_block_of(before)->size, 100);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(before[i], 0);
	memset(before, 0xff, 100);
	for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
		after = arena_allocate(24, alignment);
		cr_assert(after && (uintptr_t)after % alignment == 0 && (uintptr_t)after % 16 == 0);
		cr_assert_geq(after, before + 16);
		cr_assert_eq(after[0], 0);
		cr_assert_eq(arena_block_of(after)->size, 24);
		before = after;
	}
	cr_assert(!arena_owns((void *)((uintptr_t)arena_bytes - 1)));
	cr_assert(!arena_owns(arena_bytes + ARENA_SIZE));
}

Test(shim, arena_knows_its_blocks)
{
	static const size_t sizes[] = {100, 0, 0, 1, 15, 16, 17, 5000},
			    alignments[] = {1, 4096, 16, 64};
	const size_t n = sizeof sizes / sizeof *sizes;
	struct arena_block *block = NULL;
	void *made[8];

	cr_assert_null(arena_next(NULL));
	for (size_t i = 0; i < n; i++)
		memset(made[i] = arena_allocate(sizes[i], alignments[i % 4]), 0xff, sizes[i]);
	arena_free(made[3]);
	for (size_t i = 0; i < n; i++) {
		block = arena_next(block);
		cr_assert(block && block->bytes == made[i] && block->size == sizes[i]);
		cr_assert_eq(block->state, i == 3 ? ARENA_FREED : ARENA_LIVE);
	}
	cr_assert_null(arena_next(block));
}

Test(shim, arena_ends)
{
	size_t n = 0;

	cr_assert_null(arena_allocate(ARENA_SIZE, 16));
	cr_assert_null(arena_allocate(SIZE_MAX, 16));
	while (arena_allocate(1100, 16))
		n++;
	cr_assert(n >= 56 && n <= 59, "%zu", n);
	cr_assert_null(arena_allocate(1100, 16));
	cr_assert_not_null(arena_allocate(100, 16), "what is left serves smaller ones");
}
