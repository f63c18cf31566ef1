/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of blocks, how large they were, and when, as columns of a page, where the snapshot keeps it. Of side SIDE:
 *
 *   temporary_size/SIDE, temporary_count/SIDE, moved_size/…, moved_count/…, timed/…, lifetime/… (ns, on average)    one for each row
 *   sizes_row/SIDE, sizes_class/…, sizes_min, sizes_max, sizes_size, sizes_count (all ever), sizes_live_size, sizes_live_count
 *   lifetimes_class/SIDE, lifetimes_size/…, lifetimes_count/…
 *   timeline_time/SIDE (ns since the first), timeline_size, timeline_count, timeline_high, timeline_rss
 */
#ifndef REPORT_HTML_LIVES_H
#define REPORT_HTML_LIVES_H

#include <stddef.h>
#include "report/html_columns.h"
#include "report/html_stacks.h"

void html_lives_columns(const struct html_side *side, int number, size_t n_rows, struct html_columns *columns);

#endif
