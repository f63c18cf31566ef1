/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks at what the memory of the watched processes consists of (record/residency.h), which go into their snapshots.
 */
#ifndef CMD_LOOKS_H
#define CMD_LOOKS_H

#include "cmd/collector.h"

/* At a process that lives, for a snapshot that is to be taken of it now. */
void looks_now(struct collector *collector, struct reader_process *process);
/* At one whose turn has come, if there is one; to be called often. NOW: CLOCK_MONOTONIC. */
void looks_tick(struct collector *collector, uint64_t now);

#endif
