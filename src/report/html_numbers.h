/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The numbers of a snapshot by the rows of html_stacks.h, as columns of a page. SIDE is 0 for the snapshot, 1 for its base:
 *
 *   total_size/SIDE, total_count/SIDE               one for each row
 *   at/SIDE/MOMENT, size/SIDE/M…, count/SIDE/M…     the rows that have blocks then, and how much: of many moments most have few
 */
#ifndef REPORT_HTML_NUMBERS_H
#define REPORT_HTML_NUMBERS_H

#include <stddef.h>
#include "report/html_columns.h"
#include "report/html_stacks.h"

void html_numbers_columns(const struct html_side *side, int number, size_t n_rows, struct html_columns *columns);

#endif
