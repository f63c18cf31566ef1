/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unwind information for a place of a splice's code (memtrace/splice.h): what the function that begins there has done to the stack, for
 * unwinders that meet it there, as a profiler of the program's own does in a signal's handler.
 */
#ifndef REMOTE_MOVED_ENTRY_H
#define REMOTE_MOVED_ENTRY_H

#include "memtrace/splice.h"
#include "remote/relocate.h"

enum { MOVED_ENTRY_HEAD = 24 /* bytes of the CIE, which stands before all places */ };

void moved_entry_head(uint8_t cie[MOVED_ENTRY_HEAD]);
/* The FDE of the place whose MOVED bytes stand behind its stub, FROM_HEAD bytes behind the CIE. */
void moved_entry(uint8_t fde[SPLICE_FDE], const struct relocated *moved, uint32_t from_head);

#endif
