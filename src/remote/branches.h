/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who leads to where: direct jumps, branches and calls in a program's code. A place that is to be written over must not be one that
 * somebody comes to.
 */
#ifndef REMOTE_BRANCHES_H
#define REMOTE_BRANCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"
#include "remote/object.h"

struct branch {
	uint64_t at, target; /* addresses of the file */
};

/* Addresses [from, to). */
struct branch_range {
	uint64_t from, to;
};

struct branches {
	const struct object *object;
	ARRAY(struct branch) items; /* the far ones that lead into one of the places */
};

/* All that may lead from anywhere near to one of the N PLACES. OBJECT must outlive it. */
void branches_find(struct branches *branches, const struct object *object, const struct branch_range *places, size_t n);
void branches_free(struct branches *branches);
/* May anything outside of OWN lead into RANGE, which lies in one of the places? */
bool branches_lead_to(const struct branches *branches, struct branch_range range, struct branch_range own);

/* May the CODE of SIZE bytes that stands at AT lead into RANGE? It begins with an instruction; behind one that is not known, any byte may. */
bool branches_within(const uint8_t *code, size_t size, uint64_t at, struct branch_range range);

#endif
