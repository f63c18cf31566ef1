/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What rows are rows of. A place is one printable point (a line, a function of a module, …); a key
 * is a chain of places, oldest first, as tracemalloc's Traceback is a tuple of frames: most rows
 * have one place, those by traceback a whole stack. Both are interned with their names in one table
 * that serves several snapshots, so that equal keys of two snapshots are the same number.
 *
 * Order is tracemalloc's: file name by bytes, line numerically; tracebacks oldest frame first, a
 * prefix below its extension.
 */
#ifndef REPORT_KEYS_H
#define REPORT_KEYS_H

#include <stddef.h>
#include <stdint.h>
#include "base/map.h"
#include "base/memory.h"
#include "base/out.h"
#include "base/strings.h"

enum place_kind {
	PLACE_LINE,    /* name:lineno, a file's line; of a whole file lineno is 0 */
	PLACE_SYMBOL,  /* name(function), of a module without lines, or of a file */
	PLACE_ADDRESS, /* name(+0x11d2), of a module without symbols */
	PLACE_MODULE,  /* name */
	PLACE_THREAD,  /* "thread NUMBER (name)" */
	PLACE_SIZE,    /* "33 to 64 B", of the class NUMBER; without a name */
	PLACE_PROCESS, /* "process NUMBER (name)"; lineno is its image */
};

struct place {
	uint32_t kind;	    /* enum place_kind */
	string_id name;	    /* of keys.strings */
	string_id function; /* of keys.strings; 0 but for PLACE_SYMBOL */
	uint32_t lineno;
	uint64_t number; /* address, thread id, process id, or class */
};

/* The end of a chain; keys[0] is the empty one. */
struct key {
	uint32_t parent, place, depth;
};

struct keys {
	struct strings *strings;
	ARRAY(struct place) places;
	ARRAY(struct key) keys;
	uint32_t *ranks; /* by place: its order; private, as are the maps */
	struct map place_map, key_map;
};

void keys_init(struct keys *keys);
void keys_release(struct keys *keys);

uint32_t keys_place(struct keys *keys, const struct place *place);
/* PARENT's chain with a more recent place behind it; 0 is the empty chain. */
uint32_t keys_add(struct keys *keys, uint32_t parent, uint32_t place);

/* To be called when the last place is in, before keys_compare. */
void keys_rank(struct keys *keys);
/* Below, at or above zero as tracemalloc orders the tracebacks. */
int keys_compare(const struct keys *keys, uint32_t a, uint32_t b);

/* The place at the oldest end of a chain: the one that its one-line form names. */
const struct place *keys_oldest(const struct keys *keys, uint32_t key);
/* As tracemalloc writes it: "FILE:LINE"; raw bytes. */
void place_write(const struct keys *keys, const struct place *place, struct out *out);

#endif
