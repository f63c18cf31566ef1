/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names while the program still runs, so that little is left to be named at its end: a thread asks a symbolizer for
 * the pcs that have turned up so far; whoever drains the rings only hands them over.
 *
 * Never for what a forked child does: the symbolizer and the thread are the process's that started them.
 */
#ifndef CMD_NAMING_AHEAD_H
#define CMD_NAMING_AHEAD_H

#include "record/image.h"
#include "symbol/symbolizer.h"

struct naming_ahead; /* opaque */

/* WHERE names are looked for. */
struct naming_ahead *naming_ahead_new(const struct symbolizer_options *where);

/* IMAGE's new pcs, of a process whose "/" is ROOT (see struct symbol_module), if it is time for them at NOW_NS (of the monotonic clock): soon in the beginning, then ever less often, since
 * each time may have to open files again. */
void naming_ahead_feed(struct naming_ahead *ahead, const struct image *image, const char *root, uint64_t now_ns);

/* Waits until all that was handed over is named; the symbolizer with all of it, the caller's. AHEAD is gone. */
struct symbolizer *naming_ahead_take(struct naming_ahead *ahead);

#endif
