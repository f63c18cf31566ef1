/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of code that lies in no file, from the map that its program wrote for perf (/tmp/perf-PID.map).
 */
#ifndef CMD_NAMING_JIT_H
#define CMD_NAMING_JIT_H

#include "model/snapshot.h"
#include "record/image.h"

/*
 * Names the locations of IMAGE's SNAPSHOT that are in no module and that a map knows: they become frames without a line of the
 * module SNAPSHOT_JIT. The map is that of the process, for a forked one behind it also its parent's, which it has its code from.
 * The module also tells of a map that was refused. Without locations in no module, or without a map, nothing changes.
 */
void naming_jit(struct snapshot *snapshot, const struct image *image);

/* Whether the module is no file, so that there is nothing to name it by later. */
bool naming_jit_is_module(const struct snapshot *snapshot, uint32_t index);

#endif
