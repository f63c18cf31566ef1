/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps: every key is found again, none that was not added. */
#include <criterion/criterion.h>
#include <string.h>
#include "base/map.h"

struct pair {
	uint32_t a, b;
};

Test(map, empty)
{
	struct map map = MAP_INIT(uint64_t);
	uint64_t key = 5, *value;
	const void *found;
	size_t position = 0;

	cr_assert_null(map_find(&map, &key));
	cr_assert_not(map_next(&map, &position, &found, &value));
	map_free(&map);
}

Test(map, finds_all_and_only_what_was_added)
{
	struct map map = MAP_INIT(struct pair);
	bool added;

	for (uint32_t i = 0; i < 20000; i++) {
		struct pair key = {i * 64, i % 7};

		cr_assert_eq(*map_add(&map, &key, i, &added), i);
		cr_assert(added);
	}
	cr_assert_eq(map.count, 20000);
	for (uint32_t i = 0; i < 20000; i++) {
		struct pair key = {i * 64, i % 7}, other = {i * 64, 7};

		cr_assert_eq(*map_find(&map, &key), i);
		cr_assert_null(map_find(&map, &other));
		cr_assert_eq(*map_add(&map, &key, 999999, &added), i, "an old value stays");
		cr_assert_not(added);
	}
	cr_assert_eq(map.count, 20000);
	map_free(&map);
	cr_assert_eq(map.count, 0);
	struct pair key = {0, 0};

	cr_assert_null(map_find(&map, &key));
	cr_assert_eq(*map_add(&map, &key, 3, NULL), 3);
	map_free(&map);
}

Test(map, steps_in_the_order_of_adding)
{
	struct map map = MAP_INIT(uint32_t);
	const void *key;
	uint64_t *value;
	size_t position = 0;

	for (uint32_t i = 0; i < 500; i++) {
		uint32_t number = i * 2654435761u;

		map_add(&map, &number, i, NULL);
	}
	for (uint32_t i = 0; i < 500; i++) {
		cr_assert(map_next(&map, &position, &key, &value));
		cr_assert_eq(*(const uint32_t *)key, i * 2654435761u);
		cr_assert_eq(*value, i);
	}
	cr_assert_not(map_next(&map, &position, &key, &value));
	map_free(&map);
}

Test(map, values_can_be_changed_in_place)
{
	struct map map = MAP_INIT(uint8_t);
	uint8_t key = 9;

	++*map_add(&map, &key, 1, NULL);
	++*map_add(&map, &key, 1, NULL);
	cr_assert_eq(*map_find(&map, &key), 3);
	map_free(&map);
}

Test(map, keys_of_odd_sizes)
{
	for (size_t size = 1; size <= 33; size++) {
		struct map map = {.key_size = size};
		uint8_t key[33] = {0};

		for (unsigned int i = 0; i < 256; i++) {
			key[size - 1] = (uint8_t)i;
			map_add(&map, key, i, NULL);
		}
		cr_assert_eq(map.count, 256, "size %zu", size);
		for (unsigned int i = 0; i < 256; i++) {
			key[size - 1] = (uint8_t)i;
			cr_assert_eq(*map_find(&map, key), i);
		}
		map_free(&map);
	}
}

Test(map, hash_depends_on_every_bit_and_on_the_length)
{
	uint8_t bytes[40] = {0};

	for (size_t size = 1; size <= sizeof(bytes); size++) {
		uint64_t plain = hash_bytes(bytes, size);

		cr_assert_neq(plain, hash_bytes(bytes, size - 1));
		cr_assert_eq(plain, hash_bytes(bytes, size));
		for (size_t bit = 0; bit < 8 * size; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			/* The low bits choose the slot: they must move too, most of the time; here,
			 * that something does. */
			cr_assert_neq(
				plain, hash_bytes(bytes, size), "size %zu bit %zu", size, bit);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

Test(map, low_bits_of_the_hash_spread)
{
	unsigned int filled = 0;
	uint8_t seen[4096] = {0};

	/* 4096 pages' addresses in 4096 slots: chance fills about 63 %. */
	for (uint64_t i = 0; i < 4096; i++) {
		uint64_t address = 0x7f0000000000 + i * 4096;

		seen[hash_bytes(&address, sizeof(address)) & 4095] = 1;
	}
	for (size_t i = 0; i < sizeof(seen); i++)
		filled += seen[i];
	cr_assert_gt(filled, 4096 * 55 / 100);
}
