/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A snapshot to the bytes of a file (memtrace/format.h). Each table is encoded into one buffer,
 * compressed from there into another that holds all bodies, and leaves an entry; head, entries,
 * bodies and end mark are put together last. The same snapshot gives the same bytes: nothing here
 * asks for time, chance or addresses, and the compressor runs in one thread at one level.
 *
 * Memory: the raw bytes of the largest section and twice the stored bytes of all. Zero padding is
 * added where the data compresses better than a reader believes without proof; it makes a file at
 * most 1/8 of its raw size.
 */
#include "model/snapshot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/bytes.h"
#include "memtrace/format.h"
#include "model/snapshot_columns.h"

/* Level 3, zstd's own default: 9 saves a tenth and takes three times as long, while the user waits
 * for `run`. */
#define ZSTD_LEVEL 3

struct writer {
	struct buffer entries; /* the section table, so far */
	struct buffer bodies;
	uint32_t n_sections;
	uint64_t raw; /* raw bytes of the compressed sections */
};

static uint32_t crc_of(const void *data, size_t size)
{
	return (uint32_t)crc32_z(0, data, size);
}

static uint64_t file_size(const struct writer *writer)
{
	return FORMAT_HEAD_SIZE + writer->entries.size + FORMAT_CRC_SIZE + writer->bodies.size +
	       FORMAT_END_SIZE;
}

/* Adds the section whose stored bytes are those of the bodies from START on. */
static void add_entry(struct writer *writer, enum format_section kind,
	enum format_encoding encoding, size_t raw, size_t start)
{
	size_t stored = writer->bodies.size - start;

	buffer_u32(&writer->entries, kind);
	buffer_u32(&writer->entries, encoding);
	buffer_u64(&writer->entries, raw);
	buffer_u64(&writer->entries, stored);
	buffer_u32(&writer->entries, crc_of(writer->bodies.data + start, stored));
	writer->n_sections++;
	if (encoding == FORMAT_ZSTD)
		writer->raw += raw;
}

static void add_section(struct writer *writer, enum format_section kind, const struct buffer *raw)
{
	size_t start = writer->bodies.size, room = ZSTD_compressBound(raw->size);
	uint8_t *stored = xmalloc(room);
	size_t size = ZSTD_compress(stored, room, raw->data, raw->size, ZSTD_LEVEL);
	enum format_encoding encoding =
		!ZSTD_isError(size) && size < raw->size ? FORMAT_ZSTD : FORMAT_RAW;

	if (encoding == FORMAT_ZSTD)
		buffer_bytes(&writer->bodies, stored, size);
	else
		buffer_bytes(&writer->bodies, raw->data, raw->size);
	free(stored);
	add_entry(writer, kind, encoding, raw->size, start);
}

/* Lengths first, then all bytes: both compress better by themselves. String 0 is known. */
static void encode_strings(const struct strings *strings, struct buffer *buffer)
{
	uint32_t count = strings_count(strings);

	buffer_varint(buffer, count - 1);
	for (uint32_t id = 1; id < count; id++)
		buffer_varint(buffer, strings_size(strings, id));
	for (uint32_t id = 1; id < count; id++)
		buffer_bytes(buffer, strings_get(strings, id), strings_size(strings, id));
}

static void add_padding(struct writer *writer)
{
	size_t start = writer->bodies.size;
	uint64_t size = file_size(writer) + FORMAT_ENTRY_SIZE;
	uint64_t needed =
		writer->raw > FORMAT_RAW_FREE
			? (writer->raw - FORMAT_RAW_FREE + FORMAT_RAW_RATIO - 1) / FORMAT_RAW_RATIO
			: 0;

	if (needed <= file_size(writer))
		return;
	uint8_t zeros[4096] = {0};
	uint64_t left = needed > size ? needed - size : 0;

	for (size_t part; left > 0; left -= part) {
		part = left < sizeof(zeros) ? left : sizeof(zeros);
		buffer_bytes(&writer->bodies, zeros, part);
	}
	add_entry(writer, FORMAT_PADDING, FORMAT_RAW, writer->bodies.size - start, start);
}

static bool wanted(const struct table *table, const struct snapshot *snapshot)
{
	switch (table->section) {
	case FORMAT_BLOCKS:
		return snapshot->keeps_blocks;
	case FORMAT_LEAKS:
		return snapshot->keeps_leaks;
	case FORMAT_SAMPLING:
		return snapshot->sampling.count > 0;
	case FORMAT_PARTS:
	case FORMAT_ORIGINS:
	case FORMAT_STARTS:
		return snapshot->run.parts.count > 0;
	case FORMAT_MEMORY:
		return snapshot->memory.count > 0;
	case FORMAT_LIVES:
		return snapshot->keeps_lives;
	case FORMAT_SIZES:
		return snapshot->keeps_sizes;
	case FORMAT_TIMELINE:
		return snapshot->timeline.count > 0;
	case FORMAT_LIFETIMES:
		return snapshot->lifetimes.count > 0;
	default:
		return true;
	}
}

void snapshot_encode(const struct snapshot *snapshot, struct buffer *buffer)
{
	struct writer writer = {0};
	struct buffer raw = {0};
	size_t start = buffer->size;

	encode_strings(snapshot->strings, &raw);
	add_section(&writer, FORMAT_STRINGS, &raw);
	for (size_t i = 0; i < snapshot_n_tables; i++) {
		if (!wanted(&snapshot_tables[i], snapshot))
			continue;
		raw.size = 0;
		table_encode(&snapshot_tables[i], snapshot, &raw);
		add_section(&writer, snapshot_tables[i].section, &raw);
	}
	add_padding(&writer);
	buffer_bytes(buffer, FORMAT_MAGIC, FORMAT_MAGIC_SIZE);
	buffer_u32(buffer, FORMAT_VERSION);
	buffer_u32(buffer, writer.n_sections);
	buffer_u64(buffer, file_size(&writer));
	buffer_bytes(buffer, writer.entries.data, writer.entries.size);
	buffer_u32(buffer, crc_of(buffer->data + start, buffer->size - start));
	buffer_bytes(buffer, writer.bodies.data, writer.bodies.size);
	buffer_bytes(buffer, FORMAT_END, FORMAT_END_SIZE);
	assert(buffer->size - start == file_size(&writer));
	buffer_free(&raw);
	buffer_free(&writer.entries);
	buffer_free(&writer.bodies);
}
