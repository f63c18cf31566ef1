/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An .eh_frame_hdr (LSB, "The .eh_frame_hdr section") for a program that has none, as gcc -static makes them: the sorted table that leads
 * from a pc to its entry in .eh_frame, which is loaded all the same.
 */
#ifndef REMOTE_UNWIND_TABLE_H
#define REMOTE_UNWIND_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"

/* Bytes that a table for SIZE bytes of .eh_frame has at most. */
size_t unwind_table_most(size_t size);
/* Appends the table to stand at HEADER for the .eh_frame of SIZE BYTES that stands at ADDRESS; how many functions it has. What cannot be read, or
 * does not lie within 2 GiB, is left out; all that it leads to lies within the section. */
size_t unwind_table_make(struct buffer *table, uint64_t header, const uint8_t *bytes, size_t size, uint64_t address);

#endif
