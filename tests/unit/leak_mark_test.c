/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be reached in memory that is made up: a heap at HEAP, roots at ROOT, words as the tests lay them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "remote/leak_mark.h"

#define HEAP 0x7f0000001000ull
#define ROOT 0x550000002000ull
enum { WORDS = 2048 };

static uint64_t heap[WORDS], roots[64];
static struct leak_memory memory;

static void begin(void)
{
	memset(heap, 0, sizeof heap);
	memset(roots, 0, sizeof roots);
	memset(&memory, 0, sizeof memory);
	*ARRAY_PUSH(&memory.extents) = (struct leak_extent){ ROOT, ROOT + sizeof roots, (const uint8_t *)roots };
	*ARRAY_PUSH(&memory.extents) = (struct leak_extent){ HEAP, HEAP + sizeof heap, (const uint8_t *)heap };
	*ARRAY_PUSH(&memory.roots) = (struct leak_range){ ROOT, ROOT + sizeof roots };
}

/* A block of SIZE at word AT; its address. */
static uint64_t block(size_t at, uint64_t size)
{
	*ARRAY_PUSH(&memory.blocks) = (struct leak_block){ .address = HEAP + at * 8, .size = size,
		.account = (uint32_t)memory.blocks.count };
	return HEAP + at * 8;
}

/* The kinds of all blocks by address: D, I, P, R. */
static const char *kinds(void)
{
	static char text[64];

	leak_sort(&memory);
	leak_mark(&memory);
	for (size_t i = 0; i < memory.blocks.count && i < sizeof text - 1; i++) {
		text[i] = "DIPR"[memory.blocks.items[i].kind];
		text[i + 1] = '\0';
	}
	ARRAY_FREE(&memory.blocks);
	ARRAY_FREE(&memory.extents);
	ARRAY_FREE(&memory.roots);
	ARRAY_FREE(&memory.words);
	ARRAY_FREE(&memory.code);
	ARRAY_FREE(&memory.tables);
	return text;
}

Test(leak_mark, nothing_is_nothing)
{
	begin();
	leak_mark(&memory);
	cr_assert_eq(memory.blocks.count, 0);
	kinds();
}

Test(leak_mark, a_chain_from_a_root_is_reachable)
{
	begin();
	roots[3] = block(0, 16);
	heap[1] = block(10, 16);
	heap[10] = block(20, 1);
	block(30, 16);
	cr_assert_str_eq(kinds(), "RRRD");
}

Test(leak_mark, a_register_is_a_root)
{
	begin();
	block(0, 16);
	*ARRAY_PUSH(&memory.words) = block(10, 16);
	cr_assert_str_eq(kinds(), "DR");
}

Test(leak_mark, into_the_middle_is_possible_and_weak)
{
	begin();
	roots[0] = block(0, 64) + 17;
	heap[2] = block(10, 16);
	heap[10] = block(20, 16);
	cr_assert_str_eq(kinds(), "PPP");

	/* Strong wins, whichever comes first. */
	begin();
	roots[0] = block(0, 64) + 17;
	heap[2] = block(10, 16);
	heap[10] = block(20, 16);
	roots[1] = HEAP + 10 * 8;
	cr_assert_str_eq(kinds(), "PRR");
}

Test(leak_mark, the_end_is_not_the_middle)
{
	begin();
	roots[0] = block(0, 64) + 64;
	roots[1] = block(20, 64) + 63;
	cr_assert_str_eq(kinds(), "DP");
}

Test(leak_mark, an_empty_block_has_an_address)
{
	begin();
	roots[0] = block(0, 0);
	block(2, 0);
	cr_assert_str_eq(kinds(), "RD");
}

Test(leak_mark, what_a_lost_one_holds_is_indirect)
{
	begin();
	heap[0] = block(10, 16) + 8;
	heap[10] = block(20, 16);
	block(0, 16);
	cr_assert_str_eq(kinds(), "DII");

	/* Also where the leader comes last. */
	begin();
	block(0, 16);
	heap[0] = block(10, 16);
	block(20, 16);
	heap[20] = HEAP;
	cr_assert_str_eq(kinds(), "IID");
}

Test(leak_mark, of_a_ring_one_leads)
{
	begin();
	block(0, 16);
	block(10, 16);
	block(20, 16);
	heap[0] = HEAP + 80;
	heap[10] = HEAP + 160;
	heap[20] = HEAP;
	cr_assert_str_eq(kinds(), "DII");

	/* Unless something leads to that one. */
	begin();
	block(0, 16);
	block(10, 16);
	block(20, 16);
	heap[0] = HEAP + 80;
	heap[10] = HEAP;
	heap[20] = HEAP;
	cr_assert_str_eq(kinds(), "IID");

	/* One that holds itself. */
	begin();
	heap[0] = block(0, 16);
	cr_assert_str_eq(kinds(), "D");
}

Test(leak_mark, of_two_that_hold_a_third_both_lead)
{
	begin();
	block(0, 16);
	block(10, 16);
	block(20, 16);
	heap[0] = HEAP + 160;
	heap[10] = HEAP + 160;
	cr_assert_str_eq(kinds(), "DDI");
}

Test(leak_mark, counts_and_lengths_before_the_first_element)
{
	/* new T[5] with 24 bytes each: the count stands before them. */
	begin();
	roots[0] = block(0, 8 + 5 * 24) + 8;
	heap[0] = 5;
	/* A length. */
	roots[1] = block(30, 8 + 100) + 8;
	heap[30] = 100;
	/* Neither. */
	roots[2] = block(60, 8 + 5 * 24) + 8;
	heap[60] = 7;
	roots[3] = block(90, 8 + 5 * 24) + 8;
	/* A string of length 3, room for 10, of the old kind. */
	roots[4] = block(120, 24 + 10 + 1) + 24;
	heap[120] = 3;
	heap[121] = 10;
	roots[5] = block(150, 24 + 11 + 1) + 24;
	heap[150] = 3;
	heap[151] = 10;
	cr_assert_str_eq(kinds(), "RRPPRP");
}

Test(leak_mark, a_pool_is_no_block)
{
	begin();
	block(0, 1000);
	block(10, 16);
	memory.blocks.items[1].own = 1;
	heap[10] = block(20, 16);
	memory.blocks.items[2].own = 1;
	/* What is the same block twice is that of the pool. */
	block(200, 32);
	block(200, 32);
	memory.blocks.items[4].own = 1;
	leak_sort(&memory);
	cr_assert_eq(memory.blocks.count, 3);
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(memory.blocks.items[i].own, 1);
	cr_assert_str_eq(kinds(), "DID");
}

Test(leak_mark, blocks_over_pages_and_far_apart)
{
	begin();
	/* From the first page into the third. */
	roots[0] = block(400, 8 * 800) + 8 * 700;
	heap[400 + 650] = block(1300, 16);
	roots[1] = block(1500, 16);
	/* Elsewhere, where nothing was copied. */
	*ARRAY_PUSH(&memory.blocks) = (struct leak_block){ .address = HEAP + (1ull << 40), .size = 1ull << 20 };
	roots[2] = HEAP + (1ull << 40) + 4096;
	*ARRAY_PUSH(&memory.blocks) = (struct leak_block){ .address = HEAP + (1ull << 41), .size = 16 };
	cr_assert_str_eq(kinds(), "PPRPD");
}

Test(leak_mark, words_that_are_not_aligned_are_none)
{
	begin();
	uint64_t pointer = block(0, 16);

	memcpy((char *)roots + 4, &pointer, sizeof pointer);
	/* And of a block that is not, the aligned ones count. */
	block(10, 0);
	memory.blocks.items[1].address = HEAP + 81;
	memory.blocks.items[1].size = 15;
	roots[5] = HEAP + 81;
	heap[10] = block(30, 8);
	heap[11] = block(40, 8);
	cr_assert_str_eq(kinds(), "DRDR");
}

/* By hand: all pairs of pointers, and the closure of that. */
Test(leak_mark, as_a_slower_way_finds_it)
{
	enum { N = 60 };
	static bool edge[N + 1][N], live[N];
	unsigned int seed = 1;

	for (int round = 0; round < 300; round++) {
		char want[N + 1] = "";
		bool changed = true;

		begin();
		memset(edge, 0, sizeof edge);
		memset(live, 0, sizeof live);
		for (int i = 0; i < N; i++)
			block((size_t)i * 8 + 1, 40);
		for (int i = 0; i < 5; i++) {
			int to = rand_r(&seed) % N;

			roots[i] = memory.blocks.items[to].address;
			live[to] = true;
		}
		for (int i = 0; i < N; i++)
			for (int k = 0; k < rand_r(&seed) % 3; k++) {
				int to = rand_r(&seed) % N;

				heap[i * 8 + 1 + k] = memory.blocks.items[to].address;
			}
		for (int i = 0; i < N; i++)
			for (int k = 0; k < 3; k++)
				if (heap[i * 8 + 1 + k])
					edge[i][(heap[i * 8 + 1 + k] - HEAP - 8) / 64] = true;
		while (changed) {
			changed = false;
			for (int i = 0; i < N; i++)
				for (int k = 0; k < N && live[i]; k++)
					if (edge[i][k] && !live[k])
						changed = live[k] = true;
		}
		strcpy(want, kinds());
		for (int i = 0; i < N; i++) {
			bool held = false;

			cr_assert_eq(want[i] == 'R', live[i]);
			for (int k = 0; k < N; k++)
				held |= k != i && edge[k][i] && !live[k];
			/* Nobody's is definite; one that another lost one holds may be too, in a ring. */
			if (!live[i] && !held)
				cr_assert_eq(want[i], 'D', "%d of %s", i, want);
			if (want[i] == 'I')
				cr_assert(held);
		}
	}
}

#define CODE 0x550000000000ull
#define TABLES 0x560000010000ull
static uint64_t tables[64];

/* Virtual tables: at words 0 and 8 two of two functions, at 16 one of a single one, at 24 what is none. */
static void begin_objects(void)
{
	begin();
	*ARRAY_PUSH(&memory.code) = (struct leak_range){ CODE - 4096, CODE - 2048 };
	*ARRAY_PUSH(&memory.code) = (struct leak_range){ CODE, CODE + 4096 };
	*ARRAY_PUSH(&memory.tables) = (struct leak_range){ TABLES - 8192, TABLES - 4096 };
	*ARRAY_PUSH(&memory.tables) = (struct leak_range){ TABLES, TABLES + sizeof tables };
	*ARRAY_PUSH(&memory.extents) = memory.extents.items[1];
	memory.extents.items[1] = (struct leak_extent){ TABLES, TABLES + sizeof tables, (const uint8_t *)tables };
	memset(tables, 0, sizeof tables);
	tables[0] = tables[8] = tables[16] = CODE + 1;
	tables[3] = tables[9] = tables[25] = CODE + 17;
	tables[17] = 5;
	tables[24] = CODE + 4096;
}

Test(leak_mark, another_base_class_is_as_good_as_the_beginning)
{
	begin_objects();
	roots[0] = block(0, 64) + 32;
	heap[0] = TABLES;
	heap[4] = TABLES + 64;
	cr_assert_str_eq(kinds(), "R");
}

Test(leak_mark, two_classes_need_two_tables)
{
	static const struct { uint64_t first, inner; } cases[] = {
		{ TABLES, 0 }, { 0, TABLES }, { TABLES, TABLES + 128 }, { TABLES, TABLES + 192 }, { TABLES + 4, TABLES },
		{ TABLES, TABLES - 64 }, { CODE, CODE }, { TABLES + 192, TABLES },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin_objects();
		roots[0] = block(0, 64) + 32;
		heap[0] = cases[i].first;
		heap[4] = cases[i].inner;
		cr_assert_str_eq(kinds(), "P", "case %zu", i);
	}
	begin_objects();
	roots[0] = block(0, 64) + 33;
	heap[0] = heap[4] = TABLES;
	cr_assert_str_eq(kinds(), "P");
	begin_objects();
	roots[0] = block(0, 36) + 32; /* its last word is not all in the block */
	heap[0] = heap[4] = TABLES;
	cr_assert_str_eq(kinds(), "P");
}
