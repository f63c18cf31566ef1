/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Leaks of a process: while it stands still its memory is copied, then it goes on, and what can be reached is found in the copy.
 *
 * Roots are the general registers of all threads, their stacks from where they stand, and all memory that can be written (or was, before
 * it was protected), private or shared, but for
 *   - what an allocator has: areas with blocks in them. What stands there outside of blocks is of its own, or of blocks that are freed;
 *   - what is memtrace's own;
 *   - stacks of threads that have ended, which libc keeps for the next ones.
 * Vector registers are none: a pointer is there for a moment, and has been read from somewhere.
 *
 * Only pages that are there are read: nothing is made in the process.
 */
#ifndef REMOTE_LEAK_SCAN_H
#define REMOTE_LEAK_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>
#include "base/error.h"
#include "remote/leak_mark.h"
#include "remote/maps.h"
#include "remote/process.h"

struct leak_room {
	uint8_t *bytes;
	size_t size, used;
};

struct leak_scan {
	pid_t pid;
	/* To be set before leak_scan_find by the caller: memory.blocks, and: */
	ARRAY(struct leak_range) ranges; /* mappings that the program has made */
	bool partial;            /* there are blocks that are not known: what lies between those that are, is a root, too */
	uint64_t stack;          /* 0; or from here on the stack of that thread is the program's which asked; its registers are not */

	struct leak_memory memory;
	/* What was copied beside it, private. */
	struct maps maps;
	ARRAY(struct user_regs_struct) threads;
	ARRAY(struct leak_range) owned; /* in order */
	ARRAY(struct leak_room) rooms;
	uint64_t bytes;          /* that were copied */
};

/* Makes room for a copy of PID, which runs on. To be freed in any case. -1: there is not so much memory. */
int leak_scan_begin(struct leak_scan *scan, pid_t pid, struct error *err);
/* Copies PROCESS, which stands still; OWNED is the address of its struct wire_owned, or 0. */
int leak_scan_copy(struct leak_scan *scan, const struct process *process, uint64_t owned, struct error *err);
/* Sets the kinds of memory.blocks, of which those that hold others are gone afterwards. */
void leak_scan_find(struct leak_scan *scan);
void leak_scan_free(struct leak_scan *scan);

/* leak_roots.c's: fills memory.roots and memory.words. The blocks are in order. */
void leak_roots(struct leak_scan *scan);

#endif
