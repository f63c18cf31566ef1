/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The room between functions, which compilers and linkers fill with what does nothing: nop, int3. There a jump may stand.
 */
#ifndef REMOTE_GAPS_H
#define REMOTE_GAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"
#include "remote/branches.h"
#include "remote/object.h"

struct gap {
	uint64_t start, end;                /* addresses of the file */
	const struct object_symbol *before; /* the function that ends where it starts */
};

struct gaps {
	const struct object *object;
	const struct branches *branches;
	ARRAY(struct gap) items; /* in order; what stands there is to be asked about */
};

/* All gaps of OBJECT; it and BRANCHES must outlive them. */
void gaps_find(struct gaps *gaps, const struct object *object, const struct branches *branches);
void gaps_free(struct gaps *gaps);
/* Bytes of filling from VALUE on, where a function ends; 0 also if anybody leads to the first SIZE of them. Whether that function runs on
 * into them is not asked. */
size_t gaps_filling_at(const struct gaps *gaps, uint64_t value, size_t size);
/* Is all of GAP filling, and comes nobody to the SIZE bytes at AT in it? */
bool gaps_is_free(const struct gaps *gaps, const struct gap *gap, uint64_t at, size_t size);

#endif
