/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The snapshot itself is renamed, before anything is asked of it: filters, groups, printers and whoever reads source files then
 * agree without knowing. Cost: once for each name, and a look at each frame.
 */
#include "report/path_map.h"

#include <stdlib.h>
#include <string.h>

static size_t without_slashes(const char *text, size_t size)
{
	while (size && text[size - 1] == '/')
		size--;
	return size;
}

int path_maps_add(struct path_maps *maps, const char *text, struct error *err)
{
	const char *equals = strchr(text, '=');
	size_t size = equals ? (size_t)(equals - text) : 0;
	struct path_map *map;

	if (!equals)
		error_set(err, "'%s' is not OLD=NEW", text);
	else if (!size)
		error_set(err, "'%s' has nothing before its =", text);
	if (!size)
		return error_hint(err, "--map-path /build/project=/home/me/project");
	map = ARRAY_PUSH(&maps->all);
	map->from = xstrndup(text, without_slashes(text, size));
	map->absolute = !*map->from;
	map->to = xstrndup(equals + 1, without_slashes(equals + 1, strlen(equals + 1)));
	/* "/" and nothing are two folders. */
	if (!*map->to && equals[1]) {
		free(map->to);
		map->to = xstrdup("/");
	}
	return 0;
}

void path_maps_release(struct path_maps *maps)
{
	for (size_t i = 0; i < maps->all.count; i++) {
		free(maps->all.items[i].from);
		free(maps->all.items[i].to);
	}
	ARRAY_FREE(&maps->all);
}

/* What of NAME lies behind OLD; NULL: it does not begin with it. */
static const char *rest_of(const struct path_map *map, const char *name)
{
	size_t size = strlen(map->from);

	if (strncmp(name, map->from, size) != 0 || (name[size] && name[size] != '/'))
		return NULL;
	if (map->absolute && *name != '/')
		return NULL;
	name += size;
	while (*name == '/')
		name++;
	return name;
}

string_id path_maps_name(struct path_maps *maps, struct strings *strings, string_id id)
{
	const char *name = strings_get(strings, id);

	if (strlen(name) != strings_size(strings, id) || strcmp(name, SNAPSHOT_UNKNOWN) == 0)
		return id;
	for (size_t i = 0; i < maps->all.count; i++) {
		struct path_map *map = &maps->all.items[i];
		const char *rest = rest_of(map, name), *to = map->to;
		char *renamed;

		/* No name would be left. */
		if (!rest || (!*rest && !*to))
			continue;
		map->used = true;
		renamed = xasprintf("%s%s%s", to, *rest && *to && strcmp(to, "/") != 0 ? "/" : "", rest);
		id = strings_add(strings, renamed);
		free(renamed);
		return id;
	}
	return id;
}

void path_maps_apply(struct path_maps *maps, struct snapshot *snapshot)
{
	uint32_t n_names = strings_count(snapshot->strings);
	string_id *renamed;

	if (!maps->all.count)
		return;
	renamed = xcalloc(n_names, sizeof *renamed); /* by old name: the new one + 1 */
	for (size_t i = 0; i < snapshot->frames.count; i++) {
		struct frame *frame = &snapshot->frames.items[i];

		if (frame->flags & FRAME_NO_LINE)
			continue;
		if (!renamed[frame->filename])
			renamed[frame->filename] = 1 + path_maps_name(maps, snapshot->strings, frame->filename);
		frame->filename = renamed[frame->filename] - 1;
	}
	free(renamed);
}
