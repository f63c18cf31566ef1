/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines on stderr, each in one write, so that they stay whole beside those of the program that is
 * watched. What names a file or a program is made safe for a terminal: control characters and bytes
 * that are no UTF-8 become '?'.
 */
#include "cmd/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/utf8.h"
#include "cmd/progress.h"

#define LINE_MAX_BYTES 4096
#define CHARACTER_MAX 8 /* bytes of one, and more */

bool log_quiet;

size_t log_safe(char *to, size_t most, const char *text)
{
	const char *end = text + strlen(text);
	size_t used = 0;

	while (text < end && used + CHARACTER_MAX < most) {
		const char *begin = text;
		uint32_t character = utf8_next(&text, end);

		if (character == UTF8_INVALID || utf8_is_control(character)) {
			to[used++] = '?';
		} else {
			memcpy(to + used, begin, (size_t)(text - begin));
			used += (size_t)(text - begin);
		}
	}
	return used;
}

static void line(const char *prefix, const char *text)
{
	char out[LINE_MAX_BYTES];
	size_t used = (size_t)snprintf(out, sizeof(out), "%s", prefix);
	ssize_t written;

	used += log_safe(out + used, sizeof(out) - used, text);
	out[used++] = '\n';
	progress_clear();
	written = write(STDERR_FILENO, out, used);
	(void)written; /* there is nowhere left to say it */
}

void log_say(const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	if (log_quiet)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line("memtrace: ", text);
}

void log_error(const struct error *err)
{
	line("memtrace: ", err->text);
	if (err->hint[0])
		line("hint: ", err->hint);
}
