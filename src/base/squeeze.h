/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stream that compresses what is written into it, in constant memory.
 */
#ifndef BASE_SQUEEZE_H
#define BASE_SQUEEZE_H

#include <stdio.h>

enum squeeze { SQUEEZE_NONE, SQUEEZE_GZIP, SQUEEZE_ZSTD };

/* What a file's name asks for: ".gz", ".zst" at its end, or nothing. */
enum squeeze squeeze_by_name(const char *path);
/* A stream over TO, which stays the caller's and must outlive it. fclose writes the end, and fails
 * when TO has. The same bytes always give the same file: no time, no name is in it. HOW is not
 * SQUEEZE_NONE. */
FILE *squeeze_open(FILE *to, enum squeeze how);

#endif
