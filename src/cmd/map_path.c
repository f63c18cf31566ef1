/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was given is held to its form before files are read, so that later it cannot fail.
 */
#include "cmd/map_path.h"

#include "cmd/log.h"

static int read_all(const struct option_list *list, struct path_maps *maps, struct error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		if (path_maps_add(maps, list->items[i].value, err) < 0)
			return error_prefix(err, "--map-path");
	}
	return 0;
}

int map_path_check(const struct option_list *list, struct error *err)
{
	struct path_maps maps = {{0}};
	int rc = read_all(list, &maps, err);

	path_maps_release(&maps);
	return rc;
}

const char *map_path_name(const struct option_list *list, const struct snapshot *snapshot, const char *name)
{
	struct error ignored = ERROR_INIT;
	struct path_maps maps = {{0}};
	string_id id = strings_add(snapshot->strings, name);

	read_all(list, &maps, &ignored);
	id = path_maps_name(&maps, snapshot->strings, id);
	path_maps_release(&maps);
	return strings_get(snapshot->strings, id);
}

void map_path_apply(const struct option_list *list, struct snapshot *const *snapshots, size_t n)
{
	struct error ignored = ERROR_INIT;
	struct path_maps maps = {{0}};

	read_all(list, &maps, &ignored);
	for (size_t i = 0; i < n; i++)
		path_maps_apply(&maps, snapshots[i]);
	for (size_t i = 0; i < maps.all.count; i++) {
		if (!maps.all.items[i].used)
			log_say("--map-path %s: no file is named so%s", list->items[i].value,
				i ? ", or an earlier one was used" : "");
	}
	path_maps_release(&maps);
}
