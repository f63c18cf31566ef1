/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mappings of another process, as /proc/PID/maps lists them at one moment: in order of their addresses, never overlapping.
 */
#ifndef REMOTE_MAPS_H
#define REMOTE_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "base/memory.h"

enum maps_protection { MAPS_READ = 1, MAPS_WRITE = 2, MAPS_EXECUTE = 4, MAPS_SHARED = 8 }; /* bits */

struct maps_entry {
	uint64_t start, end, offset; /* offset: in the file */
	unsigned int protection;     /* enum maps_protection */
	uint64_t inode;              /* 0: no file */
	char *path;                  /* as the process's mount namespace names it, or "[stack]" and the like; "" for none */
};

struct maps {
	ARRAY(struct maps_entry) entries;
};

/* Fills MAPS, to be freed either way. -1: the process has gone, or is not ours to look at. */
int maps_read(struct maps *maps, pid_t pid, struct error *err);
void maps_free(struct maps *maps);

/* The mapping that holds ADDRESS, or NULL. */
const struct maps_entry *maps_find(const struct maps *maps, uint64_t address);
/* The first mapping of the file whose last path component is NAME, or whose name is NAME and digits and dots behind it
 * ("libc" finds libc.so.6 and libc-2.31.so); NULL: there is none. */
const struct maps_entry *maps_library(const struct maps *maps, const char *name);
/* The end of the file's last mapping that begins with ENTRY. */
uint64_t maps_file_end(const struct maps *maps, const struct maps_entry *entry);

#endif
