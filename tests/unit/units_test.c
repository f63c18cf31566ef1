/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Units: the texts that CPython's tracemalloc gives (Lib/tracemalloc.py, _format_size, asked for
 * these very numbers), and sizes as people write them.
 */
#include <criterion/criterion.h>
#include "base/units.h"

static const struct {
	int64_t size;
	const char *plain, *with_sign;
} sizes[] = {
	{0, "0 B", "+0 B"},
	{1, "1 B", "+1 B"},
	{-1, "-1 B", "-1 B"},
	{99, "99 B", "+99 B"},
	{100, "100 B", "+100 B"},
	{1023, "1023 B", "+1023 B"},
	{1024, "1024 B", "+1024 B"},
	{10239, "10239 B", "+10239 B"},
	{10240, "10.0 KiB", "+10.0 KiB"},
	{-10240, "-10.0 KiB", "-10.0 KiB"},
	{10241, "10.0 KiB", "+10.0 KiB"},
	{102348, "99.9 KiB", "+99.9 KiB"},
	{102399, "100.0 KiB", "+100.0 KiB"},
	{102400, "100 KiB", "+100 KiB"},
	{102401, "100 KiB", "+100 KiB"},
	{1048576, "1024 KiB", "+1024 KiB"},
	{10485759, "10240 KiB", "+10240 KiB"},
	{10485760, "10.0 MiB", "+10.0 MiB"},
	{10737418240, "10.0 GiB", "+10.0 GiB"},
	{-10737418240, "-10.0 GiB", "-10.0 GiB"},
	{107374182399, "100.0 GiB", "+100.0 GiB"},
	{10995116277760, "10.0 TiB", "+10.0 TiB"},
	{108851651149824, "99.0 TiB", "+99.0 TiB"},
	{109951162777600, "100 TiB", "+100 TiB"},
	{1125899906842624, "1024 TiB", "+1024 TiB"},
	{135741307518713856, "123456 TiB", "+123456 TiB"},
	{9223372036854775807, "8388608 TiB", "+8388608 TiB"},
	/* Not of CPython, but its rule: the ends of the range. */
	{INT64_MIN, "-8388608 TiB", "-8388608 TiB"},
	{INT64_MIN + 1, "-8388608 TiB", "-8388608 TiB"},
};

static const struct {
	int64_t size, count;
	const char *text;
} averages[] = {
	{1, 2, "0 B"},
	{3, 2, "2 B"},
	{5, 2, "2 B"},
	{7, 3, "2 B"},
	{20479, 2, "10240 B"},
	{204798, 2, "100.0 KiB"},
	{1, 3, "0 B"},
	{10239, 1, "10239 B"},
	{30719, 3, "10240 B"},
	{0, 1, "0 B"},
	{102394999, 10000, "10239 B"},
	{102395001, 10000, "10240 B"},
	{INT64_MAX, INT64_MAX, "1 B"},
	{5, 10, "0 B"},
	{25, 10, "2 B"},
	{35, 10, "4 B"},
};

Test(units, sizes_as_cpython_writes_them)
{
	char text[UNITS_MAX];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		cr_assert_str_eq(units_size(text, sizes[i].size, false), sizes[i].plain);
		cr_assert_str_eq(units_size(text, sizes[i].size, true), sizes[i].with_sign);
	}
}

Test(units, averages_round_half_to_even)
{
	char text[UNITS_MAX];

	for (size_t i = 0; i < sizeof(averages) / sizeof(*averages); i++)
		cr_assert_str_eq(
			units_average(text, averages[i].size, averages[i].count), averages[i].text);
}

static const struct {
	const char *text;
	uint64_t size;
} good[] = {
	{"0", 0},
	{"100", 100},
	{"1B", 1},
	{"512K", 512 << 10},
	{"512k", 512 << 10},
	{"64M", 64 << 20},
	{"64MB", 64 << 20},
	{"64MiB", 64 << 20},
	{"64mib", 64 << 20},
	{"2GiB", 2ull << 30},
	{"1.5G", 3ull << 29},
	{"0.001K", 1},
	{"1.5", 1},
	{"3T", 3ull << 40},
	{"1P", 1ull << 50},
	{"7E", 7ull << 60},
	{"0000000000000000000000000012K", 12 << 10},
	{"0.99999999999999999999999999999K", 1023},
	{"9223372036854775807", INT64_MAX},
};

static const char *const wrong[] = {"", "K", ".5", "1.", "1.K", "-1", "+1", " 1", "1 K", "1 ",
	"1KK", "1Kib/s", "1i", "0x10", "1e3", "9223372036854775808", "8E",
	"99999999999999999999999999999999999999999999", "16777216T", "nan", "1,5K"};

Test(units, parse)
{
	struct error err = ERROR_INIT;
	uint64_t size;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		cr_assert_eq(units_parse(good[i].text, &size, &err), 0, "'%s': %s", good[i].text,
			err.text);
		cr_assert_eq(size, good[i].size, "'%s' gives %llu", good[i].text,
			(unsigned long long)size);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		size = 77;
		cr_assert_eq(units_parse(wrong[i], &size, &err), -1, "'%s'", wrong[i]);
		cr_assert_eq(size, 77);
	}
	units_parse("12X", &size, &err);
	cr_assert_str_eq(err.text, "'12X' is not a size");
	cr_assert_eq(err.status, EXIT_BAD_INPUT);
	cr_assert_neq(err.hint[0], '\0');
	units_parse("8E", &size, &err);
	cr_assert_str_eq(err.text, "size '8E' is too large");
}

Test(units, counts)
{
	char text[UNITS_MAX];

	cr_assert_str_eq(units_count(text, 0, "block"), "0 blocks");
	cr_assert_str_eq(units_count(text, 1, "block"), "1 block");
	cr_assert_str_eq(units_count(text, 2, "block"), "2 blocks");
	cr_assert_str_eq(units_count(text, UINT64_MAX, "sixteen letters."), "18446744073709551615 sixteen letters.s");
}
