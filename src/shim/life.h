/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Beginning, forking, and ending of a traced process.
 */
#ifndef SHIM_LIFE_H
#define SHIM_LIFE_H

#include <stdbool.h>
#include "memtrace/wire.h"

/* The first hook that is called, or the constructor. True: events are recorded from here on. */
bool life_start(void);
/* A hook found the mark wiped: this is a forked child. True: it is traced from here on, as a
 * process of its own. */
bool life_forked(void);
/* Begins in a process that ran without, or has left, as LETTER says, and writes its door. */
enum wire_join_result life_join(struct wire_join *letter);
/* Nothing is recorded from now on; ALONE: and what that took is given back. */
void life_leave(bool alone);
/* The program is about to lock itself in, by prctl or seccomp: in strict mode, by FILTER, or without
 * the processor's clock. */
struct sock_fprog;
void life_be_strict(void);
void life_be_filtered(const struct sock_fprog *filter);
void life_lose_clock(void);
/* The program is about to end: with --transport pipe, sends what all threads have buffered, and from now on each event at
 * once. */
void life_ends(void);

#endif
