/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of the blocks of a row, over the whole run: what rows can be sorted by beside their live blocks. Here stands
 * what each of it means; memtrace(1) says the same.
 *
 *	temporary   allocations that were freed before their thread's next one
 *	churn       bytes that were allocated and have been freed again
 *	lifetime    how long blocks that have gone have lived, on average
 *	peak        live bytes when the program had most
 */
#ifndef REPORT_MEASURE_H
#define REPORT_MEASURE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "base/out.h"
#include "base/units.h"
#include "model/snapshot.h"
#include "report/query.h"

/* A sum that is too large stays as it is: it is not said to be exact there. */
struct measures {
	struct counts total, gone, peak;
	struct life life;	/* where the snapshot keeps it, but for … */
	uint64_t timed;		/* … the lifetimes of so many blocks, … */
	unsigned __int128 lifetime_ns; /* … together */
	uint64_t min, max;	/* sizes of blocks, BY_SIZE */
};

/* Whether SNAPSHOT knows what QUERY asks for at MOMENT; the error says what it does not. */
int measure_check(const struct query *query, const struct snapshot *snapshot, size_t moment, struct error *err);
/* Whether rows are wanted that have no live blocks. */
static inline bool measure_wants_gone(const struct query *query)
{
	return query->sort >= SORT_TEMPORARY;
}
/* Adds TRACE, or where it is not NULL, its class SIZE. */
void measure_add(struct measures *measures, const struct snapshot *snapshot, size_t trace, const struct size_class *size);
/* What the rows are sorted by; -1: not known. */
int64_t measure_value(const struct measures *measures, enum sort_by sort);
/* What that is called where it is a number for programs; NULL: it is not one of these. */
const char *measure_key(enum sort_by sort);
/* The same for people: "12", "4096 B", "1.5 ms"; nothing where it is not known. */
void measure_write(const struct measures *measures, enum sort_by sort, struct out *out);
/* On average, of rows that have some (timed). */
static inline uint64_t measure_lifetime(const struct measures *measures)
{
	return (uint64_t)(measures->lifetime_ns / measures->timed);
}
/* "1.5 ms": a lifetime. Returns TEXT. */
char *measure_time(char text[UNITS_MAX], uint64_t ns);

#endif
