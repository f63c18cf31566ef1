/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descendants that have not spoken yet: a process does when it first allocates, which may be after its parent's end.
 */
#ifndef RECORD_KIN_H
#define RECORD_KIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "record/pool.h"

struct kin {
	const struct pool *pool;
	uint64_t start;          /* of the first process, in clock ticks since boot */
	uint64_t looked_ns;      /* last; 0: never */
	uint64_t since_ns;       /* the first time, or the last that a forked child was found: it may load a program after that */
	bool left;               /* what was found last */
};

/* FIRST is the program, alive. */
void kin_init(struct kin *kin, const struct pool *pool, pid_t first);
/* Has PID, which mapped POOL, no more of it, since it became another program? False also where /proc does not tell. */
bool kin_has_left(const struct pool *pool, pid_t pid);
/* Is there one? As long as there is, looks some times a second at most. */
bool kin_left(struct kin *kin);

#endif
