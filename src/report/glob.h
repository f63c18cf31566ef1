/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * File name patterns exactly as Python's fnmatch.fnmatchcase reads them (Lib/fnmatch.py,
 * translate): `*` any characters,
 * '/' included, `?` one, `[seq]` one of a set with ranges, `[!seq]` one outside it. There is no
 * escape; `[^x]` is a set of two; a `[` that is never closed stands for itself; an empty range
 * matches nothing. The whole name must match. A character is a code point; a byte that is not UTF-8
 * is a character of its own (os.fsdecode).
 */
#ifndef REPORT_GLOB_H
#define REPORT_GLOB_H

#include <stdbool.h>
#include <stddef.h>

struct glob; /* opaque */

/* Never NULL: each sequence of bytes is a pattern. */
struct glob *glob_new(const char *pattern, size_t size);
void glob_free(struct glob *glob);
/* In time proportional to name × pattern at most. */
bool glob_matches(const struct glob *glob, const char *name, size_t size);

#endif
