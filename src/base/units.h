/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sizes as text, exactly as CPython's tracemalloc._format_size writes them: units B KiB MiB GiB
 * TiB; below 100 and not bytes "%.1f", else below 10240 (or TiB) "%.0f", else divided by 1024.
 * Rounding is half to even.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

#define UNITS_MAX 40 /* bytes that any text here needs, its NUL included */

/* SIGNED_: a difference, which always carries its sign ("+0 B"). Returns TEXT. */
char *units_size(char text[UNITS_MAX], int64_t size, bool signed_);
/* The average of COUNT blocks (> 0), as tracemalloc prints it: size / count as a double, formatted.
 */
char *units_average(char text[UNITS_MAX], int64_t size, int64_t count);
/* "1 block", "2 blocks", "0 blocks": NOUN at most 16 bytes. Returns TEXT. */
char *units_count(char text[UNITS_MAX], uint64_t count, const char *noun);
/* "512K", "64M", "1.5G", "2GiB", "100" → bytes; powers of 1024. */
int units_parse(const char *text, uint64_t *size, struct error *err);

#endif
