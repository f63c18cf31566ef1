/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking for the memory that the next records of a stream will need, where that is far from the processor.
 */
#ifndef RECORD_AHEAD_H
#define RECORD_AHEAD_H

#include "record/image.h"

/* Looks at the records after STREAM's place; `asked` is then where it wants to be called again. Changes nothing else. */
void ahead_ask(const struct image *image, const struct image_ring *ring, struct decode_stream *stream);

#endif
