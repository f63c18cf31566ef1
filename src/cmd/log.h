/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only writer to stderr. Everything memtrace says goes there, each line prefixed "memtrace: "
 * (a hint "hint: "). Control characters and invalid UTF-8 in a line are shown as '?'.
 */
#ifndef CMD_LOG_H
#define CMD_LOG_H

#include <stdbool.h>
#include "base/error.h"

extern bool log_quiet; /* -q: only errors */

void log_say(const char *format, ...) __attribute__((format(printf, 1, 2))); /* silent under -q */
void log_error(const struct error *err); /* the line, then its hint */

#endif
