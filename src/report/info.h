/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything about the run that a snapshot is of, but its traces.
 */
#ifndef REPORT_INFO_H
#define REPORT_INFO_H

#include "base/out.h"
#include "model/snapshot.h"

/* For people: what is unknown or empty is left out. */
void info_text(const struct snapshot *snapshot, const char *file, struct out *out);
/* memtrace-info/1: the "snapshot" object and the tables of memtrace-snapshot/1. */
void info_json(const struct snapshot *snapshot, const char *file, struct out *out);
/* The same on standard output. */
int info_tell(const struct snapshot *snapshot, const char *file, struct error *err);

#endif
