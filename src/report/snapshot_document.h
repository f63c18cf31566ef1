/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of memtrace-snapshot/1 that do not depend on its traces: export and info write them,
 * and import goes by the same conventions.
 */
#ifndef REPORT_SNAPSHOT_DOCUMENT_H
#define REPORT_SNAPSHOT_DOCUMENT_H

#include <stdbool.h>
#include "model/snapshot.h"
#include "report/emit.h"

/* "run", "moments", "domains", "threads" and "modules", as keys of the open object. */
void document_tables(struct emitter *emitter, const struct snapshot *snapshot);

/* The words of enum module_names. */
extern const char *const document_names[MODULE_NAMES_DWARF + 1];

/* Whether a frame that does not say so is FRAME_NO_LINE: line 0 of a "file" that is its module.
 * MODULE is an index or INDEX_NONE. */
bool document_guess_no_line(
	const struct snapshot *snapshot, const struct frame *frame, uint32_t module);

/* Under which key a trace has its counts at a moment: the moment's name, or "#INDEX" where that is
 * no key: taken by an earlier moment, or not UTF-8. In KEY, or in the snapshot. */
#define MOMENT_KEY_MAX 24
const char *document_moment_key(
	const struct snapshot *snapshot, size_t moment, char key[MOMENT_KEY_MAX]);

#endif
