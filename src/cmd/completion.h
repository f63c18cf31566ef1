/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may stand in place of the last word of a command line, for the shells. It comes from the
 * tables that parse the line: commands, their options and choices, and the words of a command's
 * usage, whose names say what they stand for.
 */
#ifndef CMD_COMPLETION_H
#define CMD_COMPLETION_H

#include "base/out.h"

/*
 * WORDS: those behind "memtrace", the last one unfinished, perhaps empty. Writes a line for each
 * that may take its place, "WORD" or "WORD\tSUMMARY", all beginning with what is there already; and
 * lines that begin with ':', for what a shell knows better:
 *
 *   :files         names of files        :snapshots     names of snapshots (*.snap, *.snap.PID)
 *   :program N     a command line of its own begins at WORDS[N]
 *
 * Reads snapshots that the line names, for their moments and domains; says nothing of those that
 * cannot be read.
 */
void completion_write(struct out *out, char **words, int n);

#endif
