/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked of a collector at work: by its rules, by signals, and by other processes.
 */
#ifndef CMD_SERVE_H
#define CMD_SERVE_H

#include "cmd/collector.h"

/* Before the program starts: the signals of AT are ours. */
void serve_signals(const struct snapshot_at *at);
/* Does what is due at NOW_NS (CLOCK_MONOTONIC). Never blocks for others. */
void serve(struct collector *collector, uint64_t now_ns);

#endif
