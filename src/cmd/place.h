/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where watched processes have their files. In a container or a chroot a path is another file than
 * it is for us; there, names come from under the process's own root.
 */
#ifndef CMD_PLACE_H
#define CMD_PLACE_H

#include <stdint.h>
#include "base/memory.h"

struct place; /* of one image of a process */
struct places {
	ARRAY(struct place *) items;
};

/* Looks once where image NUMBER of PID is, soon after it has begun: when it has ended nobody can tell. */
void places_look(struct places *places, int32_t pid, uint32_t number, int32_t parent);
/* The folder that is its "/"; NULL: ours, or nobody knows. Lives until the next call, or the place is
 * forgotten. Also for a child forked by this process. */
const char *places_root(struct places *places, int32_t pid, uint32_t number);
/* The image is no more, and named. */
void places_forget(struct places *places, int32_t pid, uint32_t number);

#endif
