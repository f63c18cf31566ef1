/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing messages of protocol buffers, as far as a profile needs it: integers as varints, strings,
 * nested messages, packed repeated integers (protobuf.dev, "Encoding"). A field that is zero is not
 * written, which is how proto3 says zero.
 */
#ifndef REPORT_PROTOBUF_H
#define REPORT_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"

void proto_uint(struct buffer *message, uint32_t field, uint64_t value);
/* A string, bytes or a nested message, which may be empty. */
void proto_bytes(struct buffer *message, uint32_t field, const void *data, size_t size);
/* The message in PART, which is emptied for the next one. */
void proto_message(struct buffer *message, uint32_t field, struct buffer *part);
/* N integers, zeros too. */
void proto_packed(struct buffer *message, uint32_t field, const uint64_t *values, size_t n);

#endif
