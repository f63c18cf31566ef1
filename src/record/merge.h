/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rings of one process become events in the order of time: reading heads, copying words out, merging up to the horizon.
 * What the horizon and the floors of ticks are, and why, stands in reader.h.
 */
#ifndef RECORD_MERGE_H
#define RECORD_MERGE_H

#include "record/reader.h"

/* Reads RING's head; process->now is the time that was taken before. NUMBERS: its clock counts instead of telling time. */
void merge_look(struct reader *reader, struct ring *ring, bool numbers);
/* Hands on what is final. Returns how many words were copied out of rings. */
size_t merge_process(struct reader *reader, struct reader_process *process);

#endif
