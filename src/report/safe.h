/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names on a terminal: file names and symbols hold any bytes, and a terminal obeys some of them.
 */
#ifndef REPORT_SAFE_H
#define REPORT_SAFE_H

#include <stddef.h>
#include "base/out.h"

/* Writes the text with '?' for control characters and U+FFFD for what is not UTF-8. */
void safe_write(struct out *out, const char *data, size_t size);
/* How many columns that takes. */
size_t safe_columns(const char *data, size_t size);
/* Where the part begins that takes at most COLUMNS at the end of the text. */
const char *safe_tail(const char *data, size_t size, size_t columns);
/* Bytes of the part that takes at most COLUMNS at the beginning. */
size_t safe_head(const char *data, size_t size, size_t columns);

/* Writes the text as safe_write does, but at most COLUMNS (> 0) of it: what is longer is cut, at its end or at its beginning,
 * with an ellipsis there. Returns how many columns were taken. */
size_t safe_write_head(struct out *out, const char *data, size_t size, size_t columns);
size_t safe_write_tail(struct out *out, const char *data, size_t size, size_t columns);

#endif
