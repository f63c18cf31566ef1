/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base64 (RFC 4648, section 4, with padding): how a JSON document carries bytes that are no text.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include "base/bytes.h"

/* Appends the text (no NUL) to BUFFER. */
void base64_encode(struct buffer *buffer, const void *data, size_t size);
/* Appends the bytes to BUFFER; false when TEXT is not base64 (wrong letters, length, padding, or
 * bits left over). */
bool base64_decode(struct buffer *buffer, const char *text, size_t size);

#endif
