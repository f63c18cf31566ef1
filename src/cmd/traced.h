/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which processes are traced, for TAB: a glance, not the truth that a collector tells.
 */
#ifndef CMD_TRACED_H
#define CMD_TRACED_H

#include <sys/types.h>

/* Calls SEEN for each process whose memory we may read and that has our library mapped, in the
 * order of /proc; COMM: its name. Costs a look at /proc/PID/maps of each process of ours. */
void traced_each(void (*seen)(void *data, pid_t pid, const char *comm), void *data);

#endif
