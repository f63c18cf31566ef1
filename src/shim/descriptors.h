/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding the collector's two descriptors, and keeping none.
 *
 * The first image of the first process has inherited them; they are known by their inodes and
 * closed when the start is over, so that the program sees what it would see without us. Every later
 * image opens the collector's own through /proc, or is sent them over the abstract socket where
 * /proc is not mounted.
 */
#ifndef SHIM_DESCRIPTORS_H
#define SHIM_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel_address;

/* [0, WIRE_RINGS_AT) of the pool at ADDRESS, mapped and known by its key, or NULL. INHERITED: it
 * was in this process. */
char *descriptors_find(const struct channel_address *address, bool *inherited);
/* SIZE bytes of the pool at OFFSET, mapped, or NULL. */
void *descriptors_map(uint64_t offset, size_t size);
/* A descriptor for writing messages, non-blocking, or -1; it stays ours. */
int descriptors_pipe(void);
/* Closes what is open; KEEP: but moves the pipe to a high number that is closed on exec. */
void descriptors_close(bool keep);

#endif
