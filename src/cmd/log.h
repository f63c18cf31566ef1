/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only writer to stderr, but for what passes by (progress.h). Everything memtrace says goes there, each line prefixed "memtrace: "
 * (a hint "hint: "). Control characters and invalid UTF-8 in a line are shown as '?'.
 */
#ifndef CMD_LOG_H
#define CMD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

extern bool log_quiet; /* -q: only errors */

void log_say(const char *format, ...) __attribute__((format(printf, 1, 2))); /* silent under -q */
/* Writes TEXT, made safe for a terminal, into the MOST bytes at TO, as much as goes in with some room
 * to spare; how many bytes that are. No NUL. */
size_t log_safe(char *to, size_t most, const char *text);
void log_error(const struct error *err); /* the line, then its hint */

#endif
