/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The collector's forked children that write snapshots while it reads on.
 */
#ifndef CMD_WRITERS_H
#define CMD_WRITERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "cmd/collector.h"

/* Forks a child that has all we know and may take its time, but must not disturb the pool. Waits while writers_can_fork says
 * that there are too many. */
pid_t writers_fork(struct collector *collector);
bool writers_can_fork(const struct collector *collector);
/* The same without a bound; the child is the caller's to wait for. */
pid_t writers_fork_alone(struct collector *collector);
/* In the child: the programs that are watched come first. */
void writers_give_way(void);

/* Has the snapshot of an image that has ended written; PROCESS may be dropped at once. */
void writers_write(struct collector *collector, struct reader_process *process);

/* Has what is known of the program's first image written to its file, unless that is being done; marked incomplete, for it is
 * read only where nothing comes after it. */
void writers_checkpoint(struct collector *collector);
/* Before the program's own snapshot is written: none is being written any more. */
void writers_end_checkpoint(struct collector *collector);

/* Takes the status of those that have ended; waits, and reads on, until there are AT_MOST. Children of others are not touched. */
void writers_reap(struct collector *collector, size_t at_most);

#endif
