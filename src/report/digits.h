/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers as text into a buffer, for forms that hold millions of them.
 */
#ifndef REPORT_DIGITS_H
#define REPORT_DIGITS_H

#include <stdint.h>
#include "base/bytes.h"

void digits_decimal(struct buffer *buffer, uint64_t value);
void digits_hex(struct buffer *buffer, uint64_t value); /* lower case, nothing in front */

#endif
