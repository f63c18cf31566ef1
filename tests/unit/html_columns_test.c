/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data of a page: every type at its limits, and that what is written unpacks to what was put in. */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include "base/base64.h"
#include "report/html_columns.h"

static char *directory(const struct html_columns *columns)
{
	struct emitter emitter = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	struct out out;

	out_init(&out, stream);
	emitter.out = &out;
	emit_begin(&emitter, NULL, '{');
	html_columns_json(&emitter, columns);
	emit_end(&emitter);
	fclose(stream);
	return text;
}

Test(html_columns, each_has_the_smallest_type_that_holds_it)
{
	static const struct {
		uint64_t most;
		const char *type;
	} cases[] = {{0, "u8"}, {255, "u8"}, {256, "u16"}, {65535, "u16"}, {65536, "u32"}, {UINT32_MAX, "u32"},
		{UINT64_C(1) << 32, "f64"}, {UINT64_C(1) << 53, "f64"}};
	struct html_columns columns = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t values[3] = {0, cases[i].most, 1};

		html_columns_add(&columns, values, 3, "a/%zu", i);
		cr_assert_str_eq(columns.all.items[i].type, cases[i].type, "%zu", i);
		cr_assert_eq(columns.all.items[i].offset % 8, 0);
		cr_assert_eq(columns.all.items[i].count, 3);
	}
	cr_assert_str_eq(columns.all.items[7].name, "a/7");
	cr_assert_not(columns.rounded, "2^53 is exact as a double");
	html_columns_add(&columns, (uint64_t[]){(UINT64_C(1) << 53) + 1}, 1, "b");
	cr_assert(columns.rounded);
	html_columns_release(&columns);
}

Test(html_columns, none_is_a_column_too)
{
	struct html_columns columns = {0};
	char *text;

	html_columns_add(&columns, NULL, 0, "empty");
	text = directory(&columns);
	cr_assert(strstr(text, "\"empty\": [\"u8\", 0, 0]"), "%s", text);
	cr_assert(strstr(text, "\"rounded\": false"), "%s", text);
	free(text);
	html_columns_release(&columns);
}

/* As the page's script does it. */
static uint8_t *unpacked(const char *text, size_t size, size_t *n)
{
	struct libdeflate_decompressor *stream = libdeflate_alloc_decompressor();
	struct buffer packed = {0};
	uint8_t *plain = malloc(4096);

	cr_assert(base64_decode(&packed, text, size));
	cr_assert_eq(libdeflate_zlib_decompress(stream, packed.data, packed.size, plain, 4096, n), LIBDEFLATE_SUCCESS);
	libdeflate_free_decompressor(stream);
	buffer_free(&packed);
	return plain;
}

Test(html_columns, what_is_written_unpacks_to_what_was_put_in)
{
	static const char header[] = "{\"name\": \"</script>\"}";
	const uint64_t values[] = {1, UINT64_C(1) << 40, 3};
	struct html_columns columns = {0};
	struct error err = ERROR_INIT;
	char *text = NULL;
	size_t size = 0, n;
	FILE *stream = open_memstream(&text, &size);
	struct out out;
	double number;
	uint8_t *plain;

	html_columns_add(&columns, (uint64_t[]){7, 300}, 2, "small");
	html_columns_add(&columns, values, 3, "large");
	out_init(&out, stream);
	cr_assert_eq(html_columns_write(&columns, header, strlen(header), &out, &err), 0);
	fclose(stream);
	cr_assert_null(strpbrk(text, "<>&\"'"), "nothing that means anything to HTML");
	plain = unpacked(text, size, &n);
	cr_assert_eq(n, 32 + 8 + 24);
	cr_assert_eq(plain[0], strlen(header));
	cr_assert_eq(memcmp(plain + 4, header, strlen(header)), 0);
	cr_assert_eq(memcmp(plain + 32, (uint8_t[]){7, 0, 44, 1}, 4), 0);
	memcpy(&number, plain + 32 + 16, sizeof number);
	cr_assert_eq(number, 1099511627776.0);
	free(plain);
	free(text);
	html_columns_release(&columns);
}
