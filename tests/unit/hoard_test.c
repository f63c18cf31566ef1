/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces of all sizes: none lies in another, and what is given back is used again. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "record/hoard.h"

enum { PIECES = 3000, STEPS = 100000 };

struct piece {
	uint8_t *memory;
	size_t size;
	uint8_t byte;
};

static void check_piece(const struct piece *piece)
{
	cr_assert_eq((uintptr_t)piece->memory % HOARD_UNIT, 0);
	for (size_t i = 0; i < piece->size; i++)
		if (piece->memory[i] != piece->byte)
			cr_assert_fail("byte %zu of %zu is another piece's", i, piece->size);
}

Test(hoard, pieces_are_apart)
{
	static struct piece pieces[PIECES];
	struct hoard hoard = { 0 };

	srand(5);
	for (uint32_t step = 0; step < STEPS; step++) {
		struct piece *piece = &pieces[rand() % PIECES];

		if (piece->memory) {
			check_piece(piece);
			hoard_give(&hoard, piece->memory, piece->size);
			piece->memory = NULL;
			continue;
		}
		piece->size = 8 + (size_t)rand() % (rand() % 8 ? 700 : HOARD_MAX - 7);
		piece->byte = (uint8_t)step;
		piece->memory = hoard_take(&hoard, piece->size);
		memset(piece->memory, piece->byte, piece->size);
	}
	for (size_t i = 0; i < PIECES; i++)
		if (pieces[i].memory)
			check_piece(&pieces[i]);
	hoard_clear(&hoard);
	cr_assert_eq(hoard.bytes, 0);
}

Test(hoard, what_came_back_is_used_first)
{
	static void *pieces[10000];
	struct hoard hoard = { 0 };
	size_t bytes;

	for (size_t i = 0; i < 10000; i++)
		pieces[i] = hoard_take(&hoard, 500);
	bytes = hoard.bytes;
	for (size_t i = 0; i < 10000; i++)
		hoard_give(&hoard, pieces[i], 500);
	for (size_t i = 0; i < 40000; i++)
		hoard_take(&hoard, 100);
	cr_assert_eq(hoard.bytes, bytes, "large pieces are cut for small ones");
	hoard_clear(&hoard);
}
