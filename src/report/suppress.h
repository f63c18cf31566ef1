/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Leaks that are not to be told: a file of LeakSanitizer's suppressions. A line "leak:PATTERN" hides the leaks of every stack
 * with a frame whose function, source file or module has PATTERN in it; in that, * stands for anything, ^ at its beginning
 * and $ at its end for those of the name. Empty lines and those that begin with # mean nothing.
 */
#ifndef REPORT_SUPPRESS_H
#define REPORT_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/memory.h"
#include "model/snapshot.h"

struct suppressions {
	ARRAY(char *) patterns;
};

/* Adds those of TEXT; an error names the line. To be released either way. */
int suppressions_add(struct suppressions *suppressions, const char *text, size_t size, struct error *err);
void suppressions_release(struct suppressions *suppressions);
bool suppression_matches(const char *pattern, const char *name);

/* Suppressions at work on one snapshot. */
struct suppressor {
	const struct suppressions *suppressions;
	const struct snapshot *snapshot;
	uint8_t *locations; /* 0: not asked yet; 1: it is not hidden; 2: it is */
};

void suppressor_init(struct suppressor *suppressor, const struct suppressions *suppressions, const struct snapshot *snapshot);
bool suppressor_hides(struct suppressor *suppressor, const struct trace *trace);
/* May be called when zeroed. */
void suppressor_release(struct suppressor *suppressor);

#endif
