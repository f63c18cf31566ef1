/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a file to a snapshot, trusting none of them. First the frame is held to what it says
 * of itself: magic, version, length, the table and its crc, each section's crc, the end mark. Only
 * then sections are unpacked, one at a time, and at last snapshot_check looks at what they say
 * together: a checksum guards against accidents, not against those who can compute one.
 *
 * Bounds: what sections claim to unpack to is limited by the length of the file (memtrace/format.h)
 * before anything is allocated; the tables take at most some 20 bytes a raw byte. So does the time:
 * each step is one pass.
 */
#include "model/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/bytes.h"
#include "base/file.h"
#include "memtrace/format.h"
#include "model/snapshot_columns.h"

#define FILE_MAX ((size_t)1 << 40) /* bytes; only that a cursor's arithmetic is safe */
/* Bytes of a file that nobody wrote, but for padding where a file system makes holes of zeros: lest
 * we read terabytes of nothing before a checksum tells. */
#define HOLES_MAX ((size_t)128 << 20)

struct section {
	uint32_t kind, encoding, crc;
	uint64_t raw_size, stored_size;
	const uint8_t *stored;
};

struct sections {
	struct section *items;
	uint32_t count;
};

static const char *name_of(uint32_t kind)
{
	for (size_t i = 0; i < snapshot_n_tables; i++) {
		if (snapshot_tables[i].section == kind)
			return snapshot_tables[i].name;
	}
	return kind == FORMAT_STRINGS	? "strings"
	       : kind == FORMAT_PADDING ? "padding"
					: "of an unknown kind";
}

static int corrupt(struct error *err, const struct section *section, const char *what)
{
	return error_set(err, "corrupt: section %s %s", name_of(section->kind), what);
}

/* Reads the head; leaves the cursor at the section table. */
static int read_head(struct cursor *cursor, size_t size, uint32_t *n_sections, struct error *err)
{
	size_t seen = size < FORMAT_MAGIC_SIZE ? size : FORMAT_MAGIC_SIZE;

	if (size == 0)
		return error_set(err, "not a memtrace snapshot: the file is empty");
	if (memcmp(cursor->at, FORMAT_MAGIC, seen) != 0)
		return error_set(err, "not a memtrace snapshot");
	cursor_bytes(cursor, FORMAT_MAGIC_SIZE);
	uint32_t version = cursor_u32(cursor);

	if (cursor_ok(cursor) && version != FORMAT_VERSION) {
		error_set(err, "written by format version %" PRIu32 ", this memtrace reads %d",
			version, FORMAT_VERSION);
		return error_hint(err,
			"use the memtrace that wrote it, or there `memtrace export --to json`"
			" and here `memtrace import`");
	}
	*n_sections = cursor_u32(cursor);
	uint64_t length = cursor_u64(cursor);

	if (!cursor_ok(cursor))
		return error_set(err, "cut: %zu of at least %d bytes", size, FORMAT_HEAD_SIZE);
	if (size < length)
		return error_set(err, "cut: %zu of %" PRIu64 " bytes", size, length);
	if (size > length)
		return error_set(err, "corrupt: %zu bytes where it says %" PRIu64, size, length);
	return 0;
}

/* Reads N entries and checks that they, the sections' bytes and the end mark make up the whole
 * file. */
static int read_table(
	struct cursor *cursor, const uint8_t *file, struct sections *sections, struct error *err)
{
	uint32_t n = sections->count;

	if (n > FORMAT_SECTIONS_MAX || n > cursor_left(cursor) / FORMAT_ENTRY_SIZE)
		return error_set(err,
			"corrupt: section table of %" PRIu32 " sections, more than it can have", n);
	sections->items = xcalloc(n, sizeof(*sections->items));
	for (uint32_t i = 0; i < n; i++) {
		struct section *section = &sections->items[i];

		section->kind = cursor_u32(cursor);
		section->encoding = cursor_u32(cursor);
		section->raw_size = cursor_u64(cursor);
		section->stored_size = cursor_u64(cursor);
		section->crc = cursor_u32(cursor);
	}
	uint32_t crc = (uint32_t)crc32_z(0, file, (size_t)(cursor->at - file));

	if (cursor_u32(cursor) != crc || !cursor_ok(cursor))
		return error_set(err, "corrupt: section table (its checksum does not match)");
	for (uint32_t i = 0; i < n; i++) {
		struct section *section = &sections->items[i];

		section->stored = cursor_bytes(cursor, section->stored_size);
		if (!section->stored)
			return corrupt(err, section, "is longer than the file");
	}
	const void *end = cursor_bytes(cursor, FORMAT_END_SIZE);

	if (!end || memcmp(end, FORMAT_END, FORMAT_END_SIZE) != 0 || cursor_left(cursor) != 0)
		return error_set(err, "corrupt: the sections do not end where the file does");
	return 0;
}

/* Each section's bytes are those that were written, and none claims to unpack to more than the file
 * can vouch for. */
static int check_sections(const struct sections *sections, size_t size, struct error *err)
{
	uint64_t budget = FORMAT_RAW_FREE + (uint64_t)FORMAT_RAW_RATIO * size;

	for (uint32_t i = 0; i < sections->count; i++) {
		const struct section *section = &sections->items[i];

		if (section->encoding > FORMAT_ZSTD)
			return corrupt(err, section, "is stored in an unknown way");
		if (section->encoding == FORMAT_RAW && section->raw_size != section->stored_size)
			return corrupt(err, section, "has two lengths");
		if (section->encoding == FORMAT_ZSTD && section->raw_size > budget)
			return corrupt(
				err, section, "claims to unpack to more than such a file may");
		if (section->encoding == FORMAT_ZSTD)
			budget -= section->raw_size;
		if (crc32_z(0, section->stored, section->stored_size) != section->crc)
			return corrupt(err, section, "does not match its checksum");
	}
	return 0;
}

/* *FOUND is NULL where there is none. */
static int find_section(const struct sections *sections, enum format_section kind,
	const struct section **found, struct error *err)
{
	*found = NULL;
	for (uint32_t i = 0; i < sections->count; i++) {
		if (sections->items[i].kind != kind)
			continue;
		if (*found)
			return corrupt(err, *found, "comes twice");
		*found = &sections->items[i];
	}
	return 0;
}

/* The raw bytes of a section, in *UNPACKED (to be freed, NULL where they need no unpacking). */
static int unpack(
	const struct section *section, uint8_t **unpacked, struct cursor *cursor, struct error *err)
{
	*unpacked = NULL;
	*cursor = cursor_over(section->stored, section->stored_size);
	if (section->encoding == FORMAT_RAW)
		return 0;
	*unpacked = xmalloc(section->raw_size);
	size_t size = ZSTD_decompress(
		*unpacked, section->raw_size, section->stored, section->stored_size);

	if (ZSTD_isError(size) || size != section->raw_size)
		return corrupt(err, section, "cannot be unpacked");
	*cursor = cursor_over(*unpacked, size);
	return 0;
}

/* Strings come in the order of their numbers, each once: only then interning gives them their
 * numbers back. */
static int decode_strings(struct strings *strings, struct cursor *cursor)
{
	size_t count = cursor_count(cursor, 2);
	struct cursor lengths = *cursor;

	for (size_t i = 0; i < count; i++)
		cursor_varint(cursor);
	for (size_t i = 0; i < count; i++) {
		uint64_t size = cursor_varint(&lengths);
		const char *data = cursor_bytes(cursor, size);

		if (!data || i >= UINT32_MAX - 1 || strings_add_bytes(strings, data, size) != i + 1)
			return -1;
	}
	return cursor_ok(cursor) ? 0 : -1;
}

/* Reads the section of TABLE, or the strings where that is NULL. */
static int load(struct snapshot *snapshot, const struct sections *sections,
	const struct table *table, struct error *err)
{
	enum format_section kind = table ? table->section : FORMAT_STRINGS;
	const struct section *section;
	struct cursor cursor;
	uint8_t *unpacked;
	int rc;

	if (find_section(sections, kind, &section, err) < 0)
		return -1;
	if (!section && table && table_is_optional(table))
		return 0;
	if (!section)
		return error_set(err, "corrupt: section %s is missing", name_of(kind));
	snapshot->keeps_blocks |= kind == FORMAT_BLOCKS;
	snapshot->keeps_leaks |= kind == FORMAT_LEAKS;
	snapshot->keeps_lives |= kind == FORMAT_LIVES;
	snapshot->keeps_sizes |= kind == FORMAT_SIZES;
	rc = unpack(section, &unpacked, &cursor, err);
	if (rc == 0) {
		rc = table ? table_decode(table, snapshot, &cursor)
			   : decode_strings(snapshot->strings, &cursor);
		if (rc < 0)
			corrupt(err, section, "does not hold what it says");
	}
	free(unpacked);
	return rc;
}

static int load_all(struct snapshot *snapshot, const struct sections *sections, struct error *err)
{
	if (load(snapshot, sections, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < snapshot_n_tables; i++) {
		if (load(snapshot, sections, &snapshot_tables[i], err) < 0)
			return -1;
	}
	if (snapshot_sum(snapshot, err) < 0 || snapshot_check(snapshot, err) < 0)
		return error_prefix(err, "corrupt");
	return 0;
}

struct snapshot *snapshot_decode(const void *data, size_t size, struct error *err)
{
	struct cursor cursor = cursor_over(data, size);
	struct sections sections = {0};
	struct snapshot *snapshot = NULL;

	if (read_head(&cursor, size, &sections.count, err) == 0 &&
		read_table(&cursor, data, &sections, err) == 0 &&
		check_sections(&sections, size, err) == 0) {
		snapshot = xcalloc(1, sizeof(*snapshot));
		snapshot->strings = strings_new();
		if (load_all(snapshot, &sections, err) < 0) {
			snapshot_free(snapshot);
			snapshot = NULL;
		}
	}
	free(sections.items);
	return snapshot;
}

struct snapshot *snapshot_read(const char *path, struct error *err)
{
	struct file_view view;
	struct snapshot *snapshot = NULL;

	if (file_view_open(&view, path, FILE_MAX, err) < 0)
		return NULL;
	if (view.holes > HOLES_MAX)
		error_set(err, "corrupt: %zu of its %zu bytes are a hole", view.holes, view.size);
	else
		snapshot = snapshot_decode(view.data, view.size, err);
	file_view_close(&view);
	if (!snapshot)
		error_prefix(err, "%s", path);
	return snapshot;
}
