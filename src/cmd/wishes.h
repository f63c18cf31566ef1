/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Snapshots that watched programs ask for themselves (memtrace_take_snapshot).
 */
#ifndef CMD_WISHES_H
#define CMD_WISHES_H

#include "cmd/collector.h"

/* Takes up what has been asked for, answers what is done. To be called a few times a second at least; never blocks. */
void wishes_serve(struct collector *collector);

#endif
