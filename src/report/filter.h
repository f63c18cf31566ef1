/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which traces take part: tracemalloc's Filter and DomainFilter (Lib/tracemalloc.py). A trace is
 * kept if no filter is inclusive or an inclusive one matches, and no exclusive one matches; the
 * order of filters is irrelevant. A pattern is asked of the most recent frame, or with all_frames
 * of each; file and line must match in the same frame. Names ending in ".pyc" are taken for ".py",
 * in patterns and in file names, as CPython does.
 */
#ifndef REPORT_FILTER_H
#define REPORT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"
#include "report/view.h"

#define FILTER_NO_LINE -1
#define FILTER_NO_DOMAIN -1

struct filter {
	bool inclusive;
	char *pattern; /* owned; NULL: of a domain only (DomainFilter) */
	size_t pattern_size;
	struct glob *glob; /* owned; the pattern, compiled */
	int64_t lineno;	   /* or FILTER_NO_LINE */
	bool all_frames;
	int64_t domain; /* an id, or FILTER_NO_DOMAIN */
};

struct filters {
	ARRAY(struct filter) all;
};

/* Adds a filter of files; the caller may then set its lineno, all_frames and domain. */
struct filter *filters_add_pattern(
	struct filters *filters, bool inclusive, const char *pattern, size_t size);
/* The same from "GLOB" or "GLOB:LINE". */
struct filter *filters_add_text(struct filters *filters, bool inclusive, const char *text);
void filters_add_domain(struct filters *filters, bool inclusive, int64_t domain);
void filters_release(struct filters *filters);

/* Filters at work on one view; answers are kept, so that each name is matched once. */
struct sieve; /* opaque */

struct sieve *sieve_new(const struct filters *filters, const struct view *view);
void sieve_free(struct sieve *sieve);
bool sieve_keeps(struct sieve *sieve, const struct trace *trace);

#endif
