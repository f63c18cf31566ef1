/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One name for a frame, for forms that have room for one, and text as readers of lines can take it.
 */
#ifndef REPORT_LABEL_H
#define REPORT_LABEL_H

#include <stddef.h>
#include "base/bytes.h"
#include "report/view.h"

/* Appends the frame's function; without one "FILE:LINE", or "MODULE+0xADDRESS" where nobody knows
 * the line; "<unknown>" for no frame. Raw bytes. */
void label_frame(
	struct buffer *label, const struct snapshot *snapshot, const struct view_frame *frame);
/* Appends the text with U+FFFD for what is not UTF-8 and a space for a control character. */
void label_clean(struct buffer *label, const char *data, size_t size);
/* Replaces FROM by TO in what stands behind the first BEGIN bytes. */
void label_replace(struct buffer *label, size_t begin, char from, char to);

#endif
