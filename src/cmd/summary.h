/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `run` says at the program's end, on stderr: the totals, what was lost, cut or unnamed, the top, and what to type next.
 */
#ifndef CMD_SUMMARY_H
#define CMD_SUMMARY_H

#include "base/error.h"
#include "model/snapshot.h"

/* --top's value as a number; NULL is 10 when stderr is a terminal, else 0. -1 and an error for anything that is no number. */
int summary_parse_top(const char *top, struct error *err);
/* The same as memtrace-info/1. */
int summary_json(const struct snapshot *snapshot, const char *file, struct error *err);
void summary_print(const struct snapshot *snapshot, const char *file, const char *top, struct error *err);

#endif
