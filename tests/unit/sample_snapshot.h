/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A snapshot with something to lose in every table and column, and what tests of snapshots ask. */
#ifndef UNIT_SAMPLE_SNAPSHOT_H
#define UNIT_SAMPLE_SNAPSHOT_H

#include "base/bytes.h"
#include "model/snapshot.h"

string_id sample_name(struct snapshot *snapshot, const char *text);
/* To be freed by the caller, like the buffer of the file made of it. */
struct snapshot *sample_snapshot(void);
/* The same with leaks. */
struct snapshot *sample_leaks(void);
/* And with what became of blocks. */
struct snapshot *sample_lives(void);
/* The same without the tables that came later: what the oldest committed file holds. */
struct snapshot *sample_first(void);
struct buffer sample_file(void);

/* Byte for byte: arrays are zeroed before they are filled, so padding is no difference. */
void assert_same_snapshot(const struct snapshot *a, const struct snapshot *b);
/* The reader's answer to FILE, which is freed, is exactly LINE. */
void assert_refused(struct buffer *file, const char *line);

#endif
