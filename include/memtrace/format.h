/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a .snap file. memtrace-snapshot(5) says the same with everything that a reader needs
 * to know.
 *
 *      0  magic, 8 bytes
 *      8  u32 format version
 *     12  u32 number of sections, n, at most FORMAT_SECTIONS_MAX
 *     16  u64 length of the whole file
 *     24  n entries of 28 bytes: u32 kind, u32 encoding, u64 raw length, u64 stored length,
 *             u32 crc of the stored bytes
 *         u32 crc of everything before it
 *         the sections' stored bytes, in the order of their entries, without gaps
 *         end mark, 8 bytes
 *
 * All integers are little-endian; crc is the CRC-32 of zlib and gzip (RFC 1952, section 8). Every
 * byte of a file is under a crc or compared, so no flipped bit goes unseen.
 *
 * A section holds one table: a varint number of rows, then column after column. A later memtrace
 * may add sections of new kinds, and columns behind those of an old one, under the same version:
 * readers skip what they do not know. Any other change is a new version.
 *
 * What a length may claim is bounded by what is there: the raw lengths of all compressed sections
 * together are at most FORMAT_RAW_FREE + FORMAT_RAW_RATIO × the length of the file. A writer whose
 * data compresses better than that adds a section of zeros, FORMAT_PADDING.
 */
#ifndef MEMTRACE_FORMAT_H
#define MEMTRACE_FORMAT_H

#define FORMAT_VERSION 1
#define FORMAT_MAGIC "\x89MTSNAP\n"
#define FORMAT_END "\nPANSTM\x98"

enum {
	FORMAT_MAGIC_SIZE = 8,
	FORMAT_END_SIZE = 8,
	FORMAT_HEAD_SIZE = 24,
	FORMAT_ENTRY_SIZE = 28,
	FORMAT_CRC_SIZE = 4,
	FORMAT_SECTIONS_MAX = 1000,
	FORMAT_RAW_FREE = 4 << 20,
	FORMAT_RAW_RATIO = 8,
};

enum format_encoding {
	FORMAT_RAW = 0,
	FORMAT_ZSTD = 1, /* one or more zstd frames (RFC 8878) */
};

/* Kinds of sections, each once, in any order. All up to the counts but the padding must be there. */
enum format_section {
	FORMAT_PADDING = 0,  /* zeros, raw; means nothing */
	FORMAT_STRINGS = 1,  /* every name, once; others refer to it by its number, 0 is "" */
	FORMAT_RUN = 2,	     /* one row: how it ran */
	FORMAT_COMMAND = 3,  /* arguments of the program */
	FORMAT_PROBLEMS = 4, /* sentences: what is missing */
	FORMAT_FOLLOWS = 5,  /* processes and images that followed */
	FORMAT_MOMENTS = 6,
	FORMAT_THREADS = 7,
	FORMAT_DOMAINS = 8,
	FORMAT_MODULES = 9,
	FORMAT_FRAMES = 10,
	FORMAT_LOCATIONS = 11,
	FORMAT_STACKS = 12,
	FORMAT_TRACES = 13,
	FORMAT_COUNTS = 14, /* moments × traces rows, moment after moment */
	FORMAT_BLOCKS = 15, /* live blocks by address; there only where they were to be kept */
	FORMAT_PARTS = 16,  /* the snapshots that this one was merged from; else not there */
	FORMAT_LEAKS = 17, /* what can still be reached; there only where that was looked for */
	FORMAT_LIVES = 18, /* what became of each trace's blocks; this, sizes, timeline and lifetimes only where that was seen */
	FORMAT_SIZES = 19, /* each trace's blocks by size */
	FORMAT_TIMELINE = 20, /* live blocks and resident memory by time */
	FORMAT_MEMORY = 21, /* what the resident memory consisted of, at moments; only where it was looked at */
	FORMAT_SAMPLING = 22, /* errors of estimates; there only where blocks were sampled */
	FORMAT_LIFETIMES = 23, /* blocks by how long they lived */
	FORMAT_ORIGINS = 24, /* more of each trace: which part it is of; only of merged ones */
	FORMAT_STARTS = 25,  /* more of each part: when it began */
};

/* How a column's values stand in their varints. */
enum format_column {
	FORMAT_PLAIN,  /* as it is */
	FORMAT_SIGNED, /* zigzag */
	FORMAT_DELTA,  /* zigzag of value - the one in the row before (first: - 0), modulo 2^64 */
	FORMAT_INDEX,  /* 0: none, else the index + 1 */
};

#endif
