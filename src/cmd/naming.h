/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where symbols meet a snapshot: every location with an address gets its frames from the symbolizer.
 */
#ifndef CMD_NAMING_H
#define CMD_NAMING_H

#include "model/snapshot.h"
#include "symbol/symbolizer.h"

/*
 * Names all locations that have an address and a module: file, line, function, inlined levels. Keeps the addresses, so that it can
 * be done again. A trace's total_nframe grows by the inlined levels found. A frame that nobody can give a line is
 * FRAME_NO_LINE with its module's path; how each module was named stands in the module.
 */
void naming_apply(struct snapshot *snapshot, struct symbolizer *symbolizer);

#endif
