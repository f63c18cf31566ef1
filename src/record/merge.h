/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rings of one process become events in the order of time: reading heads, copying words out, merging what is final.
 * What that is, and why, stands in reader.h.
 */
#ifndef RECORD_MERGE_H
#define RECORD_MERGE_H

#include "record/reader.h"

/* Reads RING's head. */
void merge_look(struct reader *reader, struct ring *ring);
/* Hands on what is final. Returns how many words were copied out of rings. */
size_t merge_process(struct reader *reader, struct reader_process *process);

#endif
