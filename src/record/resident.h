/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much of a process is in memory.
 */
#ifndef RECORD_RESIDENT_H
#define RECORD_RESIDENT_H

#include <stdint.h>

/* Bytes of PID that are resident, by /proc/PID/statm (proc(5)); 0: not known, or it has gone. */
uint64_t resident_bytes(int32_t pid);

#endif
