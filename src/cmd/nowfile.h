/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of a snapshot that was taken of a running process, from the bytes that its collector sent.
 */
#ifndef CMD_NOWFILE_H
#define CMD_NOWFILE_H

#include <stdbool.h>
#include "base/bytes.h"
#include "base/error.h"
#include "model/snapshot.h"

#define NOWFILE_PATTERN "memtrace.%e.%p.now.snap"

/* Writes BODY, which is SNAPSHOT, to OUTPUT with its patterns expanded; NULL: to NOWFILE_PATTERN, with a number where that is
 * taken. FORCE replaces what is there. *NAME is the file's, to be freed, also after an error. */
int nowfile_write(const char *output, bool force, const struct snapshot *snapshot, const struct buffer *body, char **name,
	struct error *err);

#endif
