/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --strict: an answer from incomplete data is printed like any other, but the exit status says that
 * it is one.
 */
#ifndef CMD_STRICT_H
#define CMD_STRICT_H

#include "cmd/snapfile.h"

/* EXIT_INCOMPLETE, after saying why on stderr, where one of the N snapshots is incomplete and
 * STRICT is set; else EXIT_OK. */
int strict_status(bool strict, const struct snapfile *const *snaps, size_t n);

#endif
