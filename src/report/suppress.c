/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See suppress.h. Each location is asked once. Pattern and name are bytes; a NUL in a name ends it.
 */
#include <stdlib.h>
#include <string.h>
#include "report/suppress.h"

/* A part of a pattern, up to its next * or its end, in TEXT from AT on; NULL: it is not there. */
static const char *find_part(const char *text, const char *part, size_t size)
{
	return memmem(text, strlen(text), part, size);
}

bool suppression_matches(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);
	bool anchored = *pattern == '^', ends = length && pattern[length - 1] == '$';
	const char *last = pattern + length - ends;

	for (pattern += anchored; pattern < last;) {
		size_t part = strcspn(pattern, "*");
		const char *at;

		if (part > (size_t)(last - pattern))
			part = (size_t)(last - pattern);
		if (pattern + part == last && ends) {
			/* The last part is at the end of the name. */
			size_t left = strlen(name);

			return left >= part && (!anchored || left == part) && memcmp(name + left - part, pattern, part) == 0;
		}
		at = find_part(name, pattern, part);
		if (!at || (anchored && at != name))
			return false;
		anchored = false;
		name = at + part;
		pattern += part;
		while (pattern < last && *pattern == '*')
			pattern++;
	}
	return !ends || !anchored || !*name;
}

static int add_line(struct suppressions *suppressions, const char *line, size_t size, size_t number, struct error *err)
{
	static const char type[] = "leak:";

	while (size && strchr(" \t\r", line[size - 1]))
		size--;
	while (size && strchr(" \t", *line))
		line++, size--;
	if (!size || *line == '#')
		return 0;
	if (memchr(line, 0, size))
		return error_set(err, "line %zu has a NUL in it", number);
	if (size < sizeof type || strncmp(line, type, sizeof type - 1) != 0) {
		error_set(err, "line %zu: '%.*s' is no suppression of leaks", number, (int)(size < 80 ? size : 80), line);
		return error_hint(err, "a line is leak:PATTERN, as LeakSanitizer's are");
	}
	*ARRAY_PUSH(&suppressions->patterns) = xstrndup(line + sizeof type - 1, size - (sizeof type - 1));
	return 0;
}

int suppressions_add(struct suppressions *suppressions, const char *text, size_t size, struct error *err)
{
	const char *end = text + size;

	for (size_t number = 1; text < end; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		stop = stop ? stop : end;
		if (add_line(suppressions, text, (size_t)(stop - text), number, err) < 0)
			return -1;
		text = stop < end ? stop + 1 : end;
	}
	return 0;
}

void suppressions_release(struct suppressions *suppressions)
{
	for (size_t i = 0; i < suppressions->patterns.count; i++)
		free(suppressions->patterns.items[i]);
	ARRAY_FREE(&suppressions->patterns);
}

void suppressor_init(struct suppressor *suppressor, const struct suppressions *suppressions, const struct snapshot *snapshot)
{
	suppressor->suppressions = suppressions;
	suppressor->snapshot = snapshot;
	suppressor->locations = xcalloc(snapshot->locations.count + 1, 1);
}

void suppressor_release(struct suppressor *suppressor)
{
	free(suppressor->locations);
}

static bool matches(const struct suppressor *suppressor, string_id id)
{
	const char *name = strings_get(suppressor->snapshot->strings, id);

	for (size_t i = 0; *name && i < suppressor->suppressions->patterns.count; i++)
		if (suppression_matches(suppressor->suppressions->patterns.items[i], name))
			return true;
	return false;
}

static bool location_matches(const struct suppressor *suppressor, const struct location *location)
{
	const struct snapshot *snapshot = suppressor->snapshot;

	if (location->module != INDEX_NONE && matches(suppressor, snapshot->modules.items[location->module].path))
		return true;
	for (uint32_t i = 0; i < location->n_frames; i++) {
		const struct frame *frame = &snapshot->frames.items[location->first_frame + i];

		if (matches(suppressor, frame->function) || matches(suppressor, frame->filename))
			return true;
	}
	return false;
}

bool suppressor_hides(struct suppressor *suppressor, const struct trace *trace)
{
	const struct snapshot *snapshot = suppressor->snapshot;

	for (uint32_t at = trace->stack; at; at = snapshot->stacks.items[at].parent) {
		uint32_t index = snapshot->stacks.items[at].location;
		uint8_t *known = &suppressor->locations[index];

		if (!*known)
			*known = location_matches(suppressor, &snapshot->locations.items[index]) ? 2 : 1;
		if (*known == 2)
			return true;
	}
	return false;
}
