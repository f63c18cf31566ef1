/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading: what was not written by us is refused, whatever it claims. The mutations are from a
 * generator with a fixed start, so that a failure comes again; those with mended checksums are what
 * only a person would make.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "base/file.h"
#include "memtrace/format.h"
#include "sample_snapshot.h"

#define ENTRY(i) (FORMAT_HEAD_SIZE + (i)*FORMAT_ENTRY_SIZE)

Test(snapshot_read, a_file_and_its_errors)
{
	static char folder[] = "/tmp/memtrace-snapshot-test.XXXXXX";
	struct buffer file = sample_file();
	struct error err = ERROR_INIT;
	struct snapshot *read;

	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	cr_assert_eq(
		file_write("a.snap", file.data, file.size, FILE_REPLACE, &err), 0, "%s", err.text);
	read = snapshot_read("a.snap", &err);
	cr_assert_not_null(read, "%s", err.text);
	cr_assert_eq(read->run.pid, 8812);
	snapshot_free(read);
	cr_assert_eq(file_write("cut", file.data, 100, FILE_REPLACE, &err), 0);
	cr_assert_eq(file_write("text", "some text", 9, FILE_REPLACE, &err), 0);
	cr_assert_eq(file_write("empty", "", 0, FILE_REPLACE, &err), 0);
	file.data[8] = 77;
	cr_assert_eq(file_write("later", file.data, file.size, FILE_REPLACE, &err), 0);
	char *cut = xasprintf("cut: cut: 100 of %zu bytes", file.size);
	const char *const errors[][2] = {
		{"cut", cut},
		{"text", "text: not a memtrace snapshot"},
		{"empty", "empty: not a memtrace snapshot: the file is empty"},
		{"later", "later: written by format version 77, this memtrace reads 1"},
		{"none", "cannot open none: No such file or directory"},
		{".", "cannot read .: it is a directory, not a file"},
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		cr_assert_null(snapshot_read(errors[i][0], &err));
		cr_assert_str_eq(err.text, errors[i][1]);
		cr_assert_eq(err.status, EXIT_BAD_INPUT);
		cr_assert_eq(err.hint[0] != '\0', i == 3, "only another version has a hint");
		unlink(errors[i][0]);
	}
	unlink("a.snap");
	rmdir(folder);
	free(cut);
	buffer_free(&file);
}

/* A committed file was written once and must stay readable as long as its version is ours. After a
 * change of version, or for a new one: WRITE_SAMPLE=NAME build/unit --filter
 * 'snapshot_read/the_committed*'. */
static void check_committed(const char *name, struct snapshot *expected)
{
	char *path = xasprintf("tests/fuzz/corpus/snapshot/%s", name);
	const char *wanted = getenv("WRITE_SAMPLE");
	struct buffer file = {0};
	struct error err = ERROR_INIT;
	struct snapshot *read;

	if (wanted && strcmp(wanted, name) == 0) {
		snapshot_encode(expected, &file);
		cr_assert_eq(file_write(path, file.data, file.size, FILE_REPLACE, &err), 0);
		buffer_free(&file);
	}
	read = snapshot_read(path, &err);
	cr_assert_not_null(read, "%s", err.text);
	assert_same_snapshot(expected, read);
	snapshot_free(expected);
	snapshot_free(read);
	free(path);
}

Test(snapshot_read, the_committed_files_say_what_they_said)
{
	check_committed("sample.snap", sample_first());
	check_committed("blocks.snap", sample_snapshot());
	check_committed("leaks.snap", sample_leaks());
	check_committed("lives.snap", sample_lives());
}

Test(snapshot_read, cut_at_every_byte_it_is_refused)
{
	struct buffer file = sample_file();
	struct error err = ERROR_INIT;

	for (size_t size = 1; size < file.size; size++) {
		/* A block of just that size, so that a sanitizer sees every byte too far. */
		uint8_t *part = malloc(size);

		memcpy(part, file.data, size);
		cr_assert_null(snapshot_decode(part, size, &err), "%zu bytes", size);
		cr_assert_eq(strncmp(err.text, "cut: ", 5), 0, "%s", err.text);
		cr_assert_eq(err.status, EXIT_BAD_INPUT);
		free(part);
	}
	buffer_u8(&file, 0);
	cr_assert_null(snapshot_decode(file.data, file.size, &err));
	cr_assert_eq(strncmp(err.text, "corrupt: ", 9), 0, "%s", err.text);
	buffer_free(&file);
}

Test(snapshot_read, every_flipped_bit_is_refused)
{
	struct buffer file = sample_file();
	struct error err = ERROR_INIT;

	for (size_t bit = 0; bit < 8 * file.size; bit++) {
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_null(snapshot_decode(file.data, file.size, &err), "bit %zu", bit);
		cr_assert_neq(err.text[0], '\0');
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	snapshot_free(snapshot_decode(file.data, file.size, &err));
	buffer_free(&file);
}

/* Where section KIND's entry is, and its stored bytes. */
static uint8_t *find_entry(struct buffer *file, uint32_t kind, uint8_t **stored)
{
	struct cursor cursor = cursor_over(file->data + 12, 4);
	uint32_t n = cursor_u32(&cursor);
	uint64_t at = ENTRY(n) + FORMAT_CRC_SIZE;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t *entry = file->data + ENTRY(i);

		cursor = cursor_over(entry, FORMAT_ENTRY_SIZE);
		uint32_t this_kind = cursor_u32(&cursor);

		cursor_u32(&cursor);
		cursor_u64(&cursor);
		*stored = file->data + at;
		if (this_kind == kind)
			return entry;
		at += cursor_u64(&cursor);
	}
	cr_assert_fail("no section %u", kind);
	return NULL;
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Makes length, checksums and end mark true again, as far as the table can be followed. */
static void mend(struct buffer *file)
{
	struct cursor cursor = cursor_over(file->data, file->size);

	cursor_bytes(&cursor, 12);
	uint32_t n = cursor_u32(&cursor);

	cursor_u64(&cursor);
	if (!cursor_ok(&cursor) || n > cursor_left(&cursor) / FORMAT_ENTRY_SIZE)
		return;
	put(file->data + 16, file->size, 8);
	struct cursor body = cursor;

	cursor_bytes(&body, n * FORMAT_ENTRY_SIZE + FORMAT_CRC_SIZE);
	for (uint32_t i = 0; i < n; i++) {
		cursor_bytes(&cursor, 16);
		uint64_t size = cursor_u64(&cursor);
		const uint8_t *stored = cursor_bytes(&body, size);

		if (stored)
			put(file->data + ENTRY(i) + 24, crc32_z(0, stored, size), 4);
		cursor_u32(&cursor);
	}
	if (cursor_left(&cursor) >= FORMAT_CRC_SIZE)
		put(file->data + ENTRY(n), crc32_z(0, file->data, ENTRY(n)), 4);
}

/* A file with another section in place of KIND, its checksums true. */
static struct buffer with_section(uint32_t kind, const struct buffer *raw)
{
	struct buffer old = sample_file(), file = {0};
	uint8_t *stored, *entry = find_entry(&old, kind, &stored);
	struct cursor cursor = cursor_over(entry + 16, 8);
	uint64_t old_size = cursor_u64(&cursor);
	size_t before = (size_t)(stored - old.data), entry_at = (size_t)(entry - old.data);

	buffer_bytes(&file, old.data, before);
	buffer_bytes(&file, raw->data, raw->size);
	buffer_bytes(&file, stored + old_size, old.size - before - old_size);
	put(file.data + entry_at + 4, FORMAT_RAW, 4);
	put(file.data + entry_at + 8, raw->size, 8);
	put(file.data + entry_at + 16, raw->size, 8);
	mend(&file);
	buffer_free(&old);
	return file;
}

Test(snapshot_read, lengths_and_counts_that_lie)
{
	struct buffer file = sample_file(), raw = {0};
	uint8_t *stored, *entry;

	put(file.data + 12, UINT32_MAX, 4);
	assert_refused(&file,
		"corrupt: section table of 4294967295 sections, more than it can have");
	file = sample_file();
	file.data[ENTRY(2)]++;
	assert_refused(&file, "corrupt: section table (its checksum does not match)");
	file = sample_file();
	entry = find_entry(&file, FORMAT_STRINGS, &stored);
	put(entry + 16, UINT64_MAX, 8);
	mend(&file);
	assert_refused(&file, "corrupt: section strings is longer than the file");
	file = sample_file();
	entry = find_entry(&file, FORMAT_STRINGS, &stored);
	put(entry + 4, FORMAT_ZSTD, 4);
	put(entry + 8, 1ull << 60, 8);
	mend(&file);
	assert_refused(
		&file, "corrupt: section strings claims to unpack to more than such a file may");
	file = sample_file();
	entry = find_entry(&file, FORMAT_RUN, &stored);
	put(entry + 4, 9, 4);
	mend(&file);
	assert_refused(&file, "corrupt: section run is stored in an unknown way");
	file = sample_file();
	find_entry(&file, FORMAT_TRACES, &stored);
	stored[0] ^= 1;
	assert_refused(&file, "corrupt: section traces does not match its checksum");
	file = sample_file();
	entry = find_entry(&file, FORMAT_THREADS, &stored);
	put(entry, FORMAT_MOMENTS, 4);
	mend(&file);
	assert_refused(&file, "corrupt: section moments comes twice");
	file = sample_file();
	entry = find_entry(&file, FORMAT_THREADS, &stored);
	put(entry, 999, 4);
	mend(&file);
	assert_refused(&file, "corrupt: section threads is missing");
	buffer_varint(&raw, UINT64_MAX);
	file = with_section(FORMAT_STACKS, &raw);
	assert_refused(&file, "corrupt: section stacks does not hold what it says");
	file = with_section(FORMAT_STRINGS, &raw);
	assert_refused(&file, "corrupt: section strings does not hold what it says");
	buffer_free(&raw);
}

/* Each is a row whose other values are good: only the reader of that column can refuse it. */
Test(snapshot_read, values_fit_their_type)
{
	static const struct {
		uint32_t section;
		const char *name;
		uint64_t row[5];
		size_t n;
	} rows[] = {
		{FORMAT_LOCATIONS, "locations", {0, 0, 0, 1, 2}, 5},
		{FORMAT_LOCATIONS, "locations", {0, 0, 0, 1ull << 32, 1}, 5},
		{FORMAT_LOCATIONS, "locations", {0, 1ull << 32, 0, 1, 1}, 5},
		{FORMAT_LOCATIONS, "locations", {0, UINT64_MAX, 0, 1, 1}, 5},
		{FORMAT_LOCATIONS, "locations", {0, 0, 1ull << 33, 1, 1}, 5},
		{FORMAT_LOCATIONS, "locations", {0, 0, 1, 1, 1}, 5},
		{FORMAT_DOMAINS, "domains", {1ull << 32, 0}, 2},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buffer raw = {0}, file;
		char line[100];

		snprintf(line, sizeof(line), "corrupt: section %s does not hold what it says",
			rows[i].name);
		buffer_varint(&raw, 1);
		for (size_t column = 0; column < rows[i].n; column++)
			buffer_varint(&raw, rows[i].row[column]);
		file = with_section(rows[i].section, &raw);
		assert_refused(&file, line);
		buffer_free(&raw);
	}
}

Test(snapshot_read, strings_come_once)
{
	struct buffer raw = {0}, file;

	buffer_varint(&raw, 2);
	buffer_bytes(&raw, "\1\1aa", 4);
	file = with_section(FORMAT_STRINGS, &raw);
	assert_refused(&file, "corrupt: section strings does not hold what it says");
	raw.size = 1;
	buffer_bytes(&raw, "\1\0a", 3);
	file = with_section(FORMAT_STRINGS, &raw);
	assert_refused(&file, "corrupt: section strings does not hold what it says");
	buffer_free(&raw);
}

Test(snapshot_read, later_additions_are_skipped)
{
	struct buffer old = sample_file(), file = {0};
	struct error err = ERROR_INIT;
	struct cursor cursor = cursor_over(old.data + 12, 4);
	uint32_t n = cursor_u32(&cursor);

	/* One more section, of kind 500, with 5 bytes, before the end mark. */
	buffer_bytes(&file, old.data, ENTRY(n));
	buffer_u32(&file, 500);
	buffer_u32(&file, FORMAT_RAW);
	buffer_u64(&file, 5);
	buffer_u64(&file, 5);
	buffer_u32(&file, 0);
	buffer_u32(&file, 0);
	buffer_bytes(&file, old.data + ENTRY(n) + 4, old.size - ENTRY(n) - 4 - FORMAT_END_SIZE);
	buffer_bytes(&file, "later" FORMAT_END, 5 + FORMAT_END_SIZE);
	put(file.data + 12, n + 1, 4);
	mend(&file);
	struct snapshot *before = snapshot_decode(old.data, old.size, &err);
	struct snapshot *after = snapshot_decode(file.data, file.size, &err);

	cr_assert_not_null(after, "%s", err.text);
	assert_same_snapshot(before, after);
	snapshot_free(before);
	snapshot_free(after);
	buffer_free(&file);
	buffer_free(&old);
}

static uint64_t chance(uint64_t *state)
{
	/* splitmix64 (Steele, Lea, Flood 2014) */
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* What a reader that follows every index would do. */
static uint64_t walk(const struct snapshot *snapshot)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];

		sum += snapshot->domains.items[trace->domain].id +
		       snapshot_counts(snapshot, 0, i)->size;
		for (uint32_t at = trace->stack; at; at = snapshot->stacks.items[at].parent) {
			const struct location *location =
				&snapshot->locations.items[snapshot->stacks.items[at].location];

			for (uint32_t f = 0; f < location->n_frames; f++)
				sum += strlen(strings_get(snapshot->strings,
					snapshot->frames.items[location->first_frame + f]
						.filename));
		}
	}
	return sum;
}

Test(snapshot_read, mutations_with_true_checksums_are_refused_or_sound)
{
	struct buffer good = sample_file();
	struct error err = ERROR_INIT;
	uint64_t state = 1, sum = 0;
	int sound = 0, refused = 0;

	for (int i = 0; i < 20000; i++) {
		struct buffer file = {0};

		buffer_bytes(&file, good.data, good.size);
		for (uint64_t n = chance(&state) % 3 + 1; n-- > 0;)
			file.data[chance(&state) % file.size] =
				(uint8_t)(chance(&state) % 3 ? chance(&state)
							     : chance(&state) % 2 * 0xff);
		if (chance(&state) % 8 == 0)
			file.size -= chance(&state) % file.size;
		mend(&file);
		struct snapshot *snapshot = snapshot_decode(file.data, file.size, &err);

		if (snapshot) {
			sum += walk(snapshot);
			sound++;
		} else {
			refused++;
		}
		snapshot_free(snapshot);
		buffer_free(&file);
	}
	/* Both happen often, or the mutations do not reach what they are for. */
	cr_assert_gt(sound, 1000);
	cr_assert_gt(refused, 1000);
	cr_assert_gt(sum, 0);
	buffer_free(&good);
}
