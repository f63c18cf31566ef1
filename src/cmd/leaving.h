/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of memtrace attach where the program goes on. */
#ifndef CMD_LEAVING_H
#define CMD_LEAVING_H

#include "cmd/collector.h"

/* All that are watched go on without us, also who comes meanwhile: their images are `ended` then. */
void leave_all(struct collector *collector);

#endif
