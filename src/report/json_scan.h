/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a text has the structure of JSON, found without making anything of it.
 */
#ifndef REPORT_JSON_SCAN_H
#define REPORT_JSON_SCAN_H

#include <stddef.h>
#include "base/error.h"

/* -1 and an error with line and column for a text that RFC 8259 does not allow. 0: brackets, commas, colons and strings are
 * where they belong; what stands in strings and numbers was not looked at. Time is linear, memory constant. */
int json_scan(const char *text, size_t size, struct error *err);

#endif
