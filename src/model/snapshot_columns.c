/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables to columns of varints and back.
 *
 * Values of one kind stand together, small where neighbours are alike, so that the compressor finds
 * them. A row needs at least a byte a column; that bounds the rows that a section can claim, before
 * anything is allocated for them. Whether a value makes sense is snapshot_check's business; here it
 * must only fit its field.
 */
#include "model/snapshot_columns.h"

#include <string.h>

#define COLUMN(type, field, how)                                                                   \
	{                                                                                          \
		offsetof(type, field), sizeof(((type *)0)->field), how                             \
	}

static const struct column run_columns[] = {
	COLUMN(struct run, executable, FORMAT_PLAIN),
	COLUMN(struct run, directory, FORMAT_PLAIN),
	COLUMN(struct run, host, FORMAT_PLAIN),
	COLUMN(struct run, version, FORMAT_PLAIN),
	COLUMN(struct run, pid, FORMAT_SIGNED),
	COLUMN(struct run, parent_pid, FORMAT_SIGNED),
	COLUMN(struct run, image, FORMAT_PLAIN),
	COLUMN(struct run, started_ns, FORMAT_PLAIN),
	COLUMN(struct run, taken_ns, FORMAT_PLAIN),
	COLUMN(struct run, frames_limit, FORMAT_PLAIN),
	COLUMN(struct run, exit_code, FORMAT_SIGNED),
	COLUMN(struct run, exit_signal, FORMAT_SIGNED),
	COLUMN(struct run, ended, FORMAT_PLAIN),
	COLUMN(struct run, complete, FORMAT_PLAIN),
	COLUMN(struct run, peak_size, FORMAT_PLAIN),
	COLUMN(struct run, peak_count, FORMAT_PLAIN),
	COLUMN(struct run, total_size, FORMAT_PLAIN),
	COLUMN(struct run, total_count, FORMAT_PLAIN),
	COLUMN(struct run, events, FORMAT_PLAIN),
	COLUMN(struct run, events_lost, FORMAT_PLAIN),
	COLUMN(struct run, unknown_frees, FORMAT_PLAIN),
	COLUMN(struct run, cut_stacks, FORMAT_PLAIN),
	COLUMN(struct run, tracer_memory, FORMAT_PLAIN),
};

static const struct column string_columns[] = {
	{0, sizeof(string_id), FORMAT_PLAIN},
};

static const struct column follow_columns[] = {
	COLUMN(struct follow, pid, FORMAT_SIGNED),
	COLUMN(struct follow, image, FORMAT_PLAIN),
	COLUMN(struct follow, program, FORMAT_PLAIN),
	COLUMN(struct follow, file, FORMAT_PLAIN),
	COLUMN(struct follow, why, FORMAT_PLAIN),
};

static const struct column moment_columns[] = {
	COLUMN(struct moment, name, FORMAT_PLAIN),
	COLUMN(struct moment, time_ns, FORMAT_DELTA),
	COLUMN(struct moment, rss, FORMAT_PLAIN),
};

static const struct column thread_columns[] = {
	COLUMN(struct thread, tid, FORMAT_DELTA),
	COLUMN(struct thread, name, FORMAT_PLAIN),
};

static const struct column domain_columns[] = {
	COLUMN(struct domain, id, FORMAT_PLAIN),
	COLUMN(struct domain, name, FORMAT_PLAIN),
};

static const struct column module_columns[] = {
	COLUMN(struct module, path, FORMAT_PLAIN),
	COLUMN(struct module, build_id, FORMAT_PLAIN),
	COLUMN(struct module, start, FORMAT_DELTA),
	COLUMN(struct module, end, FORMAT_DELTA),
	COLUMN(struct module, bias, FORMAT_DELTA),
	COLUMN(struct module, loaded_ns, FORMAT_DELTA),
	COLUMN(struct module, unloaded_ns, FORMAT_DELTA),
	COLUMN(struct module, names, FORMAT_PLAIN),
	COLUMN(struct module, names_from, FORMAT_PLAIN),
	COLUMN(struct module, why, FORMAT_PLAIN),
};

static const struct column frame_columns[] = {
	COLUMN(struct frame, filename, FORMAT_DELTA),
	COLUMN(struct frame, lineno, FORMAT_PLAIN),
	COLUMN(struct frame, function, FORMAT_DELTA),
	COLUMN(struct frame, flags, FORMAT_PLAIN),
};

static const struct column location_columns[] = {
	COLUMN(struct location, address, FORMAT_DELTA),
	COLUMN(struct location, module, FORMAT_INDEX),
	COLUMN(struct location, first_frame, FORMAT_DELTA),
	COLUMN(struct location, n_frames, FORMAT_PLAIN),
	COLUMN(struct location, has_address, FORMAT_PLAIN),
};

static const struct column stack_columns[] = {
	COLUMN(struct stack, parent, FORMAT_DELTA),
	COLUMN(struct stack, location, FORMAT_INDEX),
};

static const struct column trace_columns[] = {
	COLUMN(struct trace, stack, FORMAT_DELTA),
	COLUMN(struct trace, total_nframe, FORMAT_PLAIN),
	COLUMN(struct trace, domain, FORMAT_PLAIN),
	COLUMN(struct trace, thread, FORMAT_INDEX),
	COLUMN(struct trace, total_size, FORMAT_PLAIN),
	COLUMN(struct trace, total_count, FORMAT_PLAIN),
};

static const struct column counts_columns[] = {
	COLUMN(struct counts, size, FORMAT_PLAIN),
	COLUMN(struct counts, count, FORMAT_PLAIN),
};

static const struct column block_columns[] = {
	COLUMN(struct block, address, FORMAT_DELTA),
	COLUMN(struct block, size, FORMAT_PLAIN),
	COLUMN(struct block, trace, FORMAT_PLAIN),
};

static const struct column leak_columns[] = {
	COLUMN(struct leak, trace, FORMAT_DELTA),
	COLUMN(struct leak, kind, FORMAT_PLAIN),
	COLUMN(struct leak, counts.size, FORMAT_PLAIN),
	COLUMN(struct leak, counts.count, FORMAT_PLAIN),
};

static const struct column life_columns[] = {
	COLUMN(struct life, temporary.size, FORMAT_PLAIN),
	COLUMN(struct life, temporary.count, FORMAT_PLAIN),
	COLUMN(struct life, moved.size, FORMAT_PLAIN),
	COLUMN(struct life, moved.count, FORMAT_PLAIN),
	COLUMN(struct life, grown, FORMAT_PLAIN),
	COLUMN(struct life, timed, FORMAT_PLAIN),
	COLUMN(struct life, lifetime_ns, FORMAT_PLAIN),
};

static const struct column size_columns[] = {
	COLUMN(struct size_class, trace, FORMAT_DELTA),
	COLUMN(struct size_class, min, FORMAT_PLAIN),
	COLUMN(struct size_class, max, FORMAT_PLAIN),
	COLUMN(struct size_class, total.size, FORMAT_PLAIN),
	COLUMN(struct size_class, total.count, FORMAT_PLAIN),
	COLUMN(struct size_class, live.size, FORMAT_PLAIN),
	COLUMN(struct size_class, live.count, FORMAT_PLAIN),
};

static const struct column point_columns[] = {
	COLUMN(struct point, time_ns, FORMAT_DELTA),
	COLUMN(struct point, live.size, FORMAT_DELTA),
	COLUMN(struct point, live.count, FORMAT_DELTA),
	COLUMN(struct point, high, FORMAT_DELTA),
	COLUMN(struct point, rss, FORMAT_DELTA),
};

static const struct column lifetime_columns[] = {
	COLUMN(struct lifetime, class, FORMAT_PLAIN),
	COLUMN(struct lifetime, counts.size, FORMAT_PLAIN),
	COLUMN(struct lifetime, counts.count, FORMAT_PLAIN),
};

static const struct column uncertainty_columns[] = {
	COLUMN(struct uncertainty, moment, FORMAT_INDEX),
	COLUMN(struct uncertainty, trace, FORMAT_INDEX),
	COLUMN(struct uncertainty, size, FORMAT_PLAIN),
	COLUMN(struct uncertainty, count, FORMAT_PLAIN),
	COLUMN(struct uncertainty, interval, FORMAT_DELTA),
};

static const struct column part_columns[] = {
	COLUMN(struct part, file, FORMAT_PLAIN),
	COLUMN(struct part, command, FORMAT_PLAIN),
	COLUMN(struct part, pid, FORMAT_SIGNED),
	COLUMN(struct part, image, FORMAT_PLAIN),
	COLUMN(struct part, complete, FORMAT_PLAIN),
	COLUMN(struct part, taken_ns, FORMAT_PLAIN),
	COLUMN(struct part, live.size, FORMAT_PLAIN),
	COLUMN(struct part, live.count, FORMAT_PLAIN),
	COLUMN(struct part, peak_size, FORMAT_PLAIN),
	COLUMN(struct part, peak_count, FORMAT_PLAIN),
};

static const struct column memory_columns[] = {
	COLUMN(struct memory_part, moment, FORMAT_DELTA),
	COLUMN(struct memory_part, kind, FORMAT_PLAIN),
	COLUMN(struct memory_part, size, FORMAT_PLAIN),
};

/* More of tables that are there: one row each, in their order. */
static const struct column origin_columns[] = {
	COLUMN(struct trace, part, FORMAT_PLAIN),
};

static const struct column start_columns[] = {
	COLUMN(struct part, started_ns, FORMAT_DELTA),
};

#define TABLE(section, name, field, type, columns)                                                 \
	{                                                                                          \
		section, name, offsetof(struct snapshot, field), sizeof(type), columns,            \
			sizeof(columns) / sizeof(*(columns))                                       \
	}

const struct table snapshot_tables[] = {
	TABLE(FORMAT_RUN, "run", run, struct run, run_columns),
	TABLE(FORMAT_COMMAND, "command", run.command, string_id, string_columns),
	TABLE(FORMAT_PROBLEMS, "problems", run.problems, string_id, string_columns),
	TABLE(FORMAT_FOLLOWS, "follows", run.follows, struct follow, follow_columns),
	TABLE(FORMAT_MOMENTS, "moments", moments, struct moment, moment_columns),
	TABLE(FORMAT_THREADS, "threads", threads, struct thread, thread_columns),
	TABLE(FORMAT_DOMAINS, "domains", domains, struct domain, domain_columns),
	TABLE(FORMAT_MODULES, "modules", modules, struct module, module_columns),
	TABLE(FORMAT_FRAMES, "frames", frames, struct frame, frame_columns),
	TABLE(FORMAT_LOCATIONS, "locations", locations, struct location, location_columns),
	TABLE(FORMAT_STACKS, "stacks", stacks, struct stack, stack_columns),
	TABLE(FORMAT_TRACES, "traces", traces, struct trace, trace_columns),
	TABLE(FORMAT_COUNTS, "counts", counts, struct counts, counts_columns),
	TABLE(FORMAT_BLOCKS, "blocks", blocks, struct block, block_columns),
	TABLE(FORMAT_LEAKS, "leaks", leaks, struct leak, leak_columns),
	TABLE(FORMAT_LIVES, "lives", lives, struct life, life_columns),
	TABLE(FORMAT_SIZES, "sizes", sizes, struct size_class, size_columns),
	TABLE(FORMAT_TIMELINE, "timeline", timeline, struct point, point_columns),
	TABLE(FORMAT_LIFETIMES, "lifetimes", lifetimes, struct lifetime, lifetime_columns),
	TABLE(FORMAT_SAMPLING, "sampling", sampling, struct uncertainty, uncertainty_columns),
	TABLE(FORMAT_PARTS, "parts", run.parts, struct part, part_columns),
	TABLE(FORMAT_MEMORY, "memory", memory, struct memory_part, memory_columns),
	TABLE(FORMAT_ORIGINS, "origins", traces, struct trace, origin_columns),
	TABLE(FORMAT_STARTS, "starts", run.parts, struct part, start_columns),
};
const size_t snapshot_n_tables = sizeof(snapshot_tables) / sizeof(snapshot_tables[0]);

/* What every ARRAY looks like. Read and written by memcpy, since its items have another type here.
 */
struct any_array {
	void *items;
	size_t count, capacity;
};

static const char *rows_of(
	const struct table *table, const struct snapshot *snapshot, size_t *n_rows)
{
	const char *field = (const char *)snapshot + table->array;
	struct any_array array;

	if (table->section == FORMAT_RUN) {
		*n_rows = 1;
		return field;
	}
	if (table->section == FORMAT_COUNTS) {
		*n_rows = snapshot->moments.count * snapshot->traces.count;
		return (const char *)snapshot->counts;
	}
	memcpy(&array, field, sizeof(array));
	*n_rows = array.count;
	return array.items;
}

static uint64_t get(const struct column *column, const char *row)
{
	uint64_t value = 0;
	uint32_t narrow;

	if (column->size == sizeof(narrow)) {
		memcpy(&narrow, row + column->offset, sizeof(narrow));
		/* A sign must reach all 64 bits. */
		return column->how == FORMAT_SIGNED ? (uint64_t)(int64_t)(int32_t)narrow : narrow;
	}
	memcpy(&value, row + column->offset, column->size);
	return value;
}

static int set(const struct column *column, char *row, uint64_t value)
{
	if (column->size == sizeof(bool) && value > 1)
		return -1;
	if (column->size == sizeof(uint32_t)) {
		bool fits = column->how == FORMAT_SIGNED ? (int64_t)value == (int32_t)value
							 : value <= UINT32_MAX;

		if (!fits)
			return -1;
	}
	/* The machine is little-endian: the low bytes come first. */
	memcpy(row + column->offset, &value, column->size);
	return 0;
}

static void encode_column(const struct column *column, const struct table *table, const char *rows,
	size_t n_rows, struct buffer *buffer)
{
	uint64_t last = 0;

	for (size_t i = 0; i < n_rows; i++) {
		uint64_t value = get(column, rows + i * table->row_size);

		switch (column->how) {
		case FORMAT_SIGNED:
			buffer_varint_signed(buffer, (int64_t)value);
			break;
		case FORMAT_DELTA:
			buffer_varint_signed(buffer, (int64_t)(value - last));
			break;
		case FORMAT_INDEX:
			buffer_varint(buffer, value == INDEX_NONE ? 0 : value + 1);
			break;
		default:
			buffer_varint(buffer, value);
		}
		last = value;
	}
}

static int decode_column(const struct column *column, const struct table *table, char *rows,
	size_t n_rows, struct cursor *cursor)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n_rows; i++) {
		switch (column->how) {
		case FORMAT_SIGNED:
			value = (uint64_t)cursor_varint_signed(cursor);
			break;
		case FORMAT_DELTA:
			value += (uint64_t)cursor_varint_signed(cursor);
			break;
		case FORMAT_INDEX:
			value = cursor_varint(cursor);
			/* INDEX_NONE itself cannot be an index. */
			value = value == 0	      ? INDEX_NONE
				: value <= INDEX_NONE ? value - 1
						      : UINT64_MAX;
			break;
		default:
			value = cursor_varint(cursor);
		}
		if (!cursor_ok(cursor) || set(column, rows + i * table->row_size, value) < 0)
			return -1;
	}
	return 0;
}

void table_encode(const struct table *table, const struct snapshot *snapshot, struct buffer *buffer)
{
	size_t n_rows;
	const char *rows = rows_of(table, snapshot, &n_rows);

	buffer_varint(buffer, n_rows);
	for (size_t i = 0; i < table->n_columns; i++)
		encode_column(&table->columns[i], table, rows, n_rows, buffer);
}

int table_decode(const struct table *table, struct snapshot *snapshot, struct cursor *cursor)
{
	size_t n_rows = cursor_count(cursor, table->n_columns), expected;
	char *field = (char *)snapshot + table->array;
	char *rows = field;

	if (!cursor_ok(cursor) || n_rows > UINT32_MAX - 1)
		return -1;
	if (table->section == FORMAT_RUN) {
		if (n_rows != 1)
			return -1;
	} else if (table->section == FORMAT_COUNTS) {
		if (__builtin_mul_overflow(
			    snapshot->moments.count, snapshot->traces.count, &expected) ||
			n_rows != expected)
			return -1;
		snapshot_alloc_counts(snapshot);
		rows = (char *)snapshot->counts;
	} else if (table_extends(table)) {
		rows = (char *)rows_of(table, snapshot, &expected);
		if (n_rows != expected)
			return -1;
	} else {
		struct any_array array = {
			n_rows ? xcalloc(n_rows, table->row_size) : NULL, n_rows, n_rows};

		memcpy(field, &array, sizeof(array));
		rows = array.items;
	}
	for (size_t i = 0; i < table->n_columns; i++) {
		if (decode_column(&table->columns[i], table, rows, n_rows, cursor) < 0)
			return -1;
	}
	return 0;
}
