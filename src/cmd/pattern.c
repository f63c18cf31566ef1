/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * -o's letters, one row each. The program's name is cut where a file's name could become too long for it (NAME_MAX in
 * limits.h): numbers, a temporary name's end and the rest of the pattern need room, too.
 */
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/memory.h"
#include "cmd/pattern.h"

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool pattern_has(const char *pattern, char letter)
{
	for (const char *at = last_component(pattern); *at; at++) {
		if (*at != '%')
			continue;
		if (*++at == letter)
			return true;
		if (!*at)
			break;
	}
	return false;
}

enum { NAME_BYTES = 160 };

/* At most NAME_BYTES of NAME, in whole characters of UTF-8. */
static char *short_name(const char *name)
{
	size_t size = strlen(name);

	if (size > NAME_BYTES)
		for (size = NAME_BYTES; size > 0 && (name[size] & 0xc0) == 0x80; size--)
			;
	return xasprintf("%.*s", (int)size, name);
}

static char *value_of(char letter, const struct pattern_values *values)
{
	switch (letter) {
	case 'e':
		return short_name(last_component(values->program));
	case 'p':
		return xasprintf("%ld", (long)values->pid);
	case 't':
		return xasprintf("%lu", (unsigned long)values->time_s);
	case 'h':
		return xstrdup(values->host);
	case 'n':
		return xasprintf("%lu", (unsigned long)values->sequence);
	case '%':
		return xstrdup("%");
	default:
		return NULL;
	}
}

char *pattern_expand(const char *pattern, const struct pattern_values *values)
{
	const char *last = last_component(pattern);
	struct buffer name = { 0 };

	buffer_bytes(&name, pattern, (size_t)(last - pattern));
	for (const char *at = last; *at; at++) {
		char *value = *at == '%' && at[1] ? value_of(at[1], values) : NULL;

		if (!value) {
			buffer_u8(&name, (uint8_t)*at);
			continue;
		}
		buffer_bytes(&name, value, strlen(value));
		free(value);
		at++;
	}
	buffer_u8(&name, 0);
	return (char *)name.data;
}
