/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When memtrace has no memory left: the program is its to wait for, whatever becomes of the snapshot.
 */
#ifndef CMD_DESERT_H
#define CMD_DESERT_H

#include "cmd/collector.h"

/* From now on, in this process, lack of memory ends the recording and not the wait: the program is let go on untraced, and
 * its status is ours (125 for 0). COLLECTOR stays. A forked child is to call memory_last(NULL). */
void desert_instead_of_dying(struct collector *collector);

#endif
