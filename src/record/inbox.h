/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of the pipe (and those that stand in rings): what the reader and its messages share.
 */
#ifndef RECORD_INBOX_H
#define RECORD_INBOX_H

#include "record/reader.h"

enum { READER_INPUT = 1 << 17 };

/* The process at INDEX of the pool, if its GENERATION is the present one; made when it is new. NULL: nobody. */
struct reader_process *reader_process(struct reader *reader, uint32_t index, uint32_t generation);
/* The ring of SLOT, made when it is new; NULL for a slot that belongs to nobody who lives. */
struct ring *reader_ring(struct reader *reader, uint32_t slot);
/* One image of a process has ended: everything it left is read. */
void reader_finish(struct reader *reader, struct reader_process *process);

/* One whole message with its head. */
void reader_message(struct reader *reader, const void *data, size_t size);
/* Reads the pipe until it is empty; returns how many messages came. */
size_t reader_drain_pipe(struct reader *reader);

#endif
