/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Children of the collector that write snapshots, so that it can go on reading. */
#ifndef CMD_WRITERS_H
#define CMD_WRITERS_H

#include <stdbool.h>
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
/* Takes the status of those that have ended. */
void writers_reap(struct collector *collector);
/* Waits for all. */
void writers_finish(struct collector *collector);

#endif
