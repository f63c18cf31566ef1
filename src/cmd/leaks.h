/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The collector looks for leaks in a process that it watches: when the process asks for it at its exit, or when somebody else does.
 */
#ifndef CMD_LEAKS_H
#define CMD_LEAKS_H

#include "cmd/collector.h"

struct leak_scan;

/* Stops PROCESS, reads what it has told, copies its memory and what it holds, and lets it go on. STACK: 0, or where the program's
 * part of the stack begins, of the thread that asked. NULL: it cannot be done. To be handed to leaks_find, or freed. */
struct leak_scan *leaks_copy(struct collector *collector, struct reader_process *process, uint64_t stack, struct error *err);
/* What is found goes into the image, for its next snapshot; frees SCAN. */
void leaks_find(struct leak_scan *scan, struct image *image);
void leaks_free(struct leak_scan *scan);

/* PROCESS is about to exit and waits: keeps a copy for its last snapshot. 0, or an errno value below 0. */
int leaks_keep(struct collector *collector, struct reader_process *process, uint64_t stack);
/* Before the last snapshot of PROCESS: looks in the copy that was kept, or notes why there is none. */
void leaks_finish(struct collector *collector, struct reader_process *process);
/* Frees what was kept of PROCESS. */
void leaks_forget(struct collector *collector, const struct reader_process *process);

#endif
