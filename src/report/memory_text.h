/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the resident memory consisted of at a moment, for people.
 */
#ifndef REPORT_MEMORY_TEXT_H
#define REPORT_MEMORY_TEXT_H

#include "base/out.h"
#include "model/snapshot.h"

/* Lines for `info`, below that of the moment; none where nobody looked. */
void memory_text(const struct snapshot *snapshot, size_t moment, struct out *out);

#endif
