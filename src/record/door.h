/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The collector's door for processes that cannot reach its descriptors through /proc (another user, no /proc, a collector that has
 * changed its pid): an abstract unix socket named by the pool's key (include/memtrace/wire.h), which hands out the pool
 * and the pipe to the same user, to root, and to offspring of processes that are watched.
 */
#ifndef RECORD_DOOR_H
#define RECORD_DOOR_H

#include "record/pool.h"

/* A listening socket, or -1 when there can be none: then only /proc is left. */
int door_open(const struct pool *pool);
/* Answers everybody who waits; never blocks. DOOR may be -1. */
void door_answer(int door, const struct pool *pool);

#endif
