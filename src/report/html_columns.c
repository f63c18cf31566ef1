/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Columns are laid out as the arrays that the script makes over them without looking at a value, which is what lets 100000 stacks
 * open at once. zlib's format is the one that every browser's DecompressionStream knows.
 */
#include "report/html_columns.h"

#include <libdeflate.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/base64.h"

enum { LEVEL = 6, ALIGNMENT = 8 };
#define EXACT_MAX (UINT64_C(1) << 53)

static void put_double(struct buffer *buffer, double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof bits);
	buffer_u64(buffer, bits);
}

static void align(struct buffer *buffer)
{
	while (buffer->size % ALIGNMENT)
		buffer_u8(buffer, 0);
}

static struct html_column *add(struct html_columns *columns, size_t n, const char *name, va_list args)
{
	struct html_column *column = ARRAY_PUSH(&columns->all);

	vsnprintf(column->name, sizeof column->name, name, args);
	align(&columns->bytes);
	column->offset = columns->bytes.size;
	column->count = n;
	return column;
}

void html_columns_add(struct html_columns *columns, const uint64_t *values, size_t n, const char *name, ...)
{
	struct html_column *column;
	struct buffer *bytes = &columns->bytes;
	uint64_t most = 0;
	va_list args;

	va_start(args, name);
	column = add(columns, n, name, args);
	va_end(args);
	for (size_t i = 0; i < n; i++)
		most = values[i] > most ? values[i] : most;
	column->type = most <= UINT8_MAX ? "u8" : most <= UINT16_MAX ? "u16" : most <= UINT32_MAX ? "u32" : "f64";
	columns->rounded = columns->rounded || most > EXACT_MAX;
	for (size_t i = 0; i < n; i++) {
		if (most <= UINT8_MAX)
			buffer_u8(bytes, (uint8_t)values[i]);
		else if (most <= UINT16_MAX)
			buffer_u16(bytes, (uint16_t)values[i]);
		else if (most <= UINT32_MAX)
			buffer_u32(bytes, (uint32_t)values[i]);
		else
			put_double(bytes, (double)values[i]);
	}
}

void html_columns_add_doubles(struct html_columns *columns, const double *values, size_t n, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	add(columns, n, name, args)->type = "f64";
	va_end(args);
	for (size_t i = 0; i < n; i++)
		put_double(&columns->bytes, values[i]);
}

void html_columns_json(struct emitter *emitter, const struct html_columns *columns)
{
	emit_begin(emitter, "columns", '{');
	for (size_t i = 0; i < columns->all.count; i++) {
		const struct html_column *column = &columns->all.items[i];

		emit_begin(emitter, column->name, '[');
		emit_string(emitter, NULL, column->type);
		emit_uint(emitter, NULL, column->offset);
		emit_uint(emitter, NULL, column->count);
		emit_end(emitter);
	}
	emit_end(emitter);
	emit_bool(emitter, "rounded", columns->rounded);
}

int html_columns_write(const struct html_columns *columns, const char *header, size_t header_size, struct out *out, struct error *err)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
	struct buffer plain = {0}, text = {0};
	uint8_t *packed;
	size_t most, size;

	if (!compressor)
		memory_out();
	buffer_u32(&plain, (uint32_t)header_size);
	buffer_bytes(&plain, header, header_size);
	align(&plain);
	if (columns->bytes.size)
		buffer_bytes(&plain, columns->bytes.data, columns->bytes.size);
	most = libdeflate_zlib_compress_bound(compressor, plain.size);
	packed = xmalloc(most);
	size = libdeflate_zlib_compress(compressor, plain.data, plain.size, packed, most);
	libdeflate_free_compressor(compressor);
	buffer_free(&plain);
	if (size && header_size <= UINT32_MAX) {
		base64_encode(&text, packed, size);
		out_bytes(out, (const char *)text.data, text.size);
	}
	buffer_free(&text);
	free(packed);
	return size && header_size <= UINT32_MAX ? 0 : error_set(err, "the snapshot is too large for a page");
}

void html_columns_release(struct html_columns *columns)
{
	buffer_free(&columns->bytes);
	ARRAY_FREE(&columns->all);
}
