/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stack as lines, in the form of tracemalloc's Traceback.format(), with function and source line
 * where they are known:
 *
 *	  File "/src/pool.c", line 77, in pool_new (inlined)
 *	    p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
 */
#ifndef REPORT_TRACEBACK_H
#define REPORT_TRACEBACK_H

#include "base/out.h"
#include "report/source.h"
#include "report/table.h"

/* The query says how many frames and in which order. SAFE: control characters are replaced, for a
 * terminal; otherwise names are written as they are. */
void traceback_write(const struct table *table, const struct row *row, struct sources *sources,
	struct out *out, bool safe);

/* The same of any frames, all of them, the most recent first. */
void frames_write(const struct row_frames *frames, struct sources *sources, struct out *out,
	bool safe);

#endif
