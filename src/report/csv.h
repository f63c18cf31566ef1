/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A field of comma-separated values (RFC 4180).
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stddef.h>
#include "base/out.h"

/* In quotes, its own doubled, when it holds a comma, a quote or the end of a line. */
void csv_field(struct out *out, const char *data, size_t size);

#endif
