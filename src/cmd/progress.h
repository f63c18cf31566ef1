/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is being done, for who waits at a terminal: one line on stderr that is there from the second
 * second on and is gone in the end. Elsewhere, and under -q, nothing.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

/* Work begins. Until progress_end SIGALRM and the real-time timer are ours. Not to be begun in a
 * process that has children write for it. */
void progress_begin(void);
/* What it is at now: "naming 3 of 41 modules". Nothing where no work was begun, as in a child that
 * writes a snapshot on the side. */
void progress_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Takes the line away for now: something is to be said. */
void progress_clear(void);
void progress_end(void);

#endif
