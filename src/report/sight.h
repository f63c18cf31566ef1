/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What frames at one place have in common. tracemalloc's keys know a file and a line; we also know function, module and
 * address, which the frames behind a key need not share: an attribute that differs is not told.
 */
#ifndef REPORT_SIGHT_H
#define REPORT_SIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"
#include "report/placer.h"

/* Zeroed is of no frame. Strings of the keys. */
struct sight {
	string_id function, module; /* 0 unknown, or they differ */
	uint64_t address;
	int8_t inlined; /* 0, 1; -1 they differ */
	bool has_address;
	bool seen, mixed_function, mixed_module, mixed_address;
};

/* One more frame at the place. */
void sight_add(struct sight *sight, struct placer *placer, const struct view_frame *at);

/* Bytes that live as long as the keys or the snapshot they are of; NULL unknown, or not the same for all. */
struct name {
	const char *data;
	size_t size;
};

/* A frame as it is told, with what the frames behind it have in common. */
struct row_frame {
	struct name filename; /* never NULL */
	struct name function, module;
	uint32_t lineno;
	uint64_t address;
	bool has_address;
	bool no_line;	/* FRAME_NO_LINE */
	int8_t inlined; /* 0, 1; -1 not the same for all */
};
struct row_frames {
	ARRAY(struct row_frame) all;
};

/* The place and what was seen there as one frame. */
struct row_frame sight_frame(const struct keys *keys, const struct place *place, const struct sight *sight, enum group_by by);

#endif
