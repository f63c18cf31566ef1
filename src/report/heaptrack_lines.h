/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of heaptrack's form: a letter and hexadecimal numbers. They are gathered in TEXT and handed
 * on when it is large, and at the end by lines_flush.
 */
#ifndef REPORT_HEAPTRACK_LINES_H
#define REPORT_HEAPTRACK_LINES_H

#include <stdint.h>
#include "base/bytes.h"
#include "base/out.h"

struct heaptrack_lines {
	struct out *out;
	struct buffer text; /* what is not handed on yet; to be freed */
};

void lines_begin(struct heaptrack_lines *lines, char letter);
void lines_number(struct heaptrack_lines *lines, uint64_t value);
void lines_end(struct heaptrack_lines *lines);
/* A line of two numbers. */
void lines_pair(struct heaptrack_lines *lines, char letter, uint64_t a, uint64_t b);
/* What is in TEXT, a few lines, COUNT times: at the speed of memory. */
void lines_repeat(struct heaptrack_lines *lines, const struct buffer *text, uint64_t count);
void lines_flush(struct heaptrack_lines *lines);

#endif
