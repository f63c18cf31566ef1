/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of blocks, in memtrace-snapshot/1: tables beside the traces, whose rows name their trace by its index. import_lives.h
 * reads them.
 */
#ifndef REPORT_LIVES_JSON_H
#define REPORT_LIVES_JSON_H

#include "model/snapshot.h"
#include "report/emit.h"

/* "lives", "lifetimes", "sizes" and "timeline", as keys of the open object; each only where it is kept. */
void document_lives(struct emitter *emitter, const struct snapshot *snapshot);
/* "lifetimes" alone, which also is there when it is empty. */
void lifetimes_json(struct emitter *emitter, const struct snapshot *snapshot);

#endif
