/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failures as values: formatting the line and its hint.
 *
 * A line that is too long loses its middle, not its end: the names in it are long (paths), and the
 * reason usually stands last. Everything is formatted beside the error and then moved in, so that
 * an argument may be the error's own text. Nothing is allocated here: "out of memory" must be
 * sayable.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define GAP "..."

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Copies LINE to TEXT, at most ERROR_TEXT_MAX bytes, without its middle when it is longer. */
static void put(char *text, char *line)
{
	size_t size = strlen(line);

	for (char *at = line; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	}
	if (size <= ERROR_TEXT_MAX) {
		memcpy(text, line, size + 1);
		return;
	}
	size_t head = ERROR_TEXT_MAX / 2 - strlen(GAP);
	size_t tail = size - (ERROR_TEXT_MAX - head - strlen(GAP));

	/* Whole UTF-8 sequences on both sides, if it is UTF-8: a sequence has at most 3
	 * continuation bytes. */
	for (int i = 0; i < 3 && is_continuation(line[head]); i++)
		head--;
	for (int i = 0; i < 3 && is_continuation(line[tail]); i++)
		tail++;
	memcpy(text, line, head);
	memcpy(text + head, GAP, strlen(GAP));
	memcpy(text + head + strlen(GAP), line + tail, size - tail + 1);
}

static void format_into(char *text, const char *format, va_list args)
{
	char line[8192];

	if (vsnprintf(line, sizeof(line), format, args) < 0)
		strcpy(line, "an error whose text cannot be formatted");
	put(text, line);
}

int error_set(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_into(err->text, format, args);
	va_end(args);
	err->status = EXIT_BAD_INPUT;
	err->hint[0] = '\0';
	return -1;
}

int error_status(struct error *err, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_into(err->text, format, args);
	va_end(args);
	err->status = status;
	err->hint[0] = '\0';
	return -1;
}

int error_hint(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_into(err->hint, format, args);
	va_end(args);
	return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
	char context[8192];
	char line[sizeof(context) + sizeof(err->text) + 2];
	va_list args;

	va_start(args, format);
	if (vsnprintf(context, sizeof(context), format, args) < 0)
		context[0] = '\0';
	va_end(args);
	snprintf(line, sizeof(line), "%s: %s", context, err->text);
	put(err->text, line);
	return -1;
}
