/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of snapshot files: -o's pattern. Expanded in the last path component only; %e program, %p pid, %t seconds since 1970,
 * %h host, %n the image's number in this run, %% a percent sign; an unknown letter stays as written.
 */
#ifndef CMD_PATTERN_H
#define CMD_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

struct pattern_values {
	const char *program; /* its last component is taken */
	int64_t pid;
	uint64_t time_s;
	const char *host;
	uint64_t sequence;
};

#define PATTERN_DEFAULT "memtrace.%e.%p.snap"

/* malloc'ed. */
char *pattern_expand(const char *pattern, const struct pattern_values *values);
/* Whether the last component has %LETTER. */
bool pattern_has(const char *pattern, char letter);

#endif
