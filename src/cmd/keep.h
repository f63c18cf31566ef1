/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was recorded is not to be lost for the sake of its file's name.
 */
#ifndef CMD_KEEP_H
#define CMD_KEEP_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"

/* How far a name is counted on that others have taken: NAME.2, NAME.3, … */
enum { KEEP_NAMES_TRIED = 1000 };

/* Writes BYTES as *NAME (malloc'ed) or, unless it may be replaced, as the next free NAME.N, which
 * *NAME then is. Where that is impossible: into $TMPDIR or /tmp, which is an error all the same; its
 * hint says where. */
int keep_as(char **name, const struct buffer *bytes, enum file_replace replace, struct error *err);

#endif
