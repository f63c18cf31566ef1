/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the map is: where the process sees it, while there is one; and where we see the same path, if its files are ours, which
 * is all there is when it has ended. A number as the process knows itself names it: in a container that is another one.
 *
 * Which are believed: what perf believes (owned by us or by root), and what the program's own user has written. And none that
 * is older than the image: pids come again, and nobody clears /tmp. Of a parent nobody asks how old it is.
 */
#include "cmd/naming_jit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "symbol/perfmap.h"

/* Times of files are a tick of the kernel behind, at most. */
#define FILE_TIME_NS 20000000ull

struct asked {
	uint32_t location;
	uint64_t address;
};

struct jit {
	struct snapshot *snapshot;
	const struct image *image;
	ARRAY(struct asked) asked;   /* by address */
	struct perfmap_name *names;  /* of them */
	char *from, *why;            /* as of the module: the maps read, and what is to be said of them */
};

bool naming_jit_is_module(const struct snapshot *snapshot, uint32_t index)
{
	return strcmp(strings_get(snapshot->strings, snapshot->modules.items[index].path), SNAPSHOT_JIT) == 0;
}

static int compare(const void *a_data, const void *b_data)
{
	const struct asked *a = a_data, *b = b_data;

	return (a->address > b->address) - (a->address < b->address);
}

static void collect(struct jit *jit)
{
	const struct snapshot *snapshot = jit->snapshot;

	for (size_t i = 0; i < snapshot->locations.count; i++) {
		const struct location *location = &snapshot->locations.items[i];

		if (location->has_address && location->address && location->module == INDEX_NONE)
			*ARRAY_PUSH(&jit->asked) = (struct asked){(uint32_t)i, location->address - 1};
	}
	if (!jit->asked.count)
		return;
	qsort(jit->asked.items, jit->asked.count, sizeof(struct asked), compare);
	jit->names = xcalloc(jit->asked.count, sizeof *jit->names);
	for (size_t i = 0; i < jit->asked.count; i++)
		jit->names[i].address = jit->asked.items[i].address;
}

/* Adds a part to a text that has its parts one behind the other. */
static void add_text(char **text, const char *part)
{
	char *longer;

	if (*text && strstr(*text, part))
		return;
	longer = *text ? xasprintf("%s, %s", *text, part) : xstrdup(part);
	free(*text);
	*text = longer;
}

/* Whether there is a map, whatever it is like. */
static bool read_map(struct jit *jit, const struct rooted *file, const struct perfmap_rules *rules)
{
	struct error err = ERROR_INIT;
	bool cut;
	int fd;

	if (perfmap_open(file, rules, &fd, &err) < 0) {
		add_text(&jit->why, err.text);
		return true;
	}
	if (fd < 0)
		return false;
	perfmap_read(fd, jit->names, jit->asked.count, PERFMAP_READ_MAX, &cut);
	close(fd);
	add_text(&jit->from, file->path);
	if (cut)
		add_text(&jit->why, "only the last 256 MiB of its map were read");
	return true;
}

/* OWN: the process as it calls itself; PID: as we do. Either may be unknown, and is 0 then. */
static void read_maps_of(struct jit *jit, int32_t own, int32_t pid, uint64_t not_before_ns)
{
	const struct perfmap_rules rules = {.uid = jit->image->home.uid, .not_before_ns = not_before_ns};
	struct rooted file;
	char *path, *root;
	bool found;

	if (own <= 0)
		return;
	path = xasprintf("/tmp/perf-%d.map", own);
	root = xasprintf("/proc/%d/root", pid);
	file = (struct rooted){root, path};
	found = pid > 0 && read_map(jit, &file, &rules);
	file.root = NULL;
	if (!found && !jit->image->home.elsewhere)
		read_map(jit, &file, &rules);
	free(root);
	free(path);
}

static size_t name_locations(struct jit *jit, uint32_t module)
{
	struct snapshot *snapshot = jit->snapshot;
	string_id path = strings_add(snapshot->strings, SNAPSHOT_JIT);
	size_t named = 0;

	for (size_t i = 0; i < jit->asked.count; i++) {
		struct location *location = &snapshot->locations.items[jit->asked.items[i].location];

		if (!jit->names[i].name)
			continue;
		location->module = module;
		snapshot->frames.items[location->first_frame] = (struct frame){
			.filename = path,
			.function = strings_add(snapshot->strings, jit->names[i].name),
			.flags = FRAME_NO_LINE,
		};
		named++;
	}
	return named;
}

static void tell(struct jit *jit)
{
	struct snapshot *snapshot = jit->snapshot;
	uint32_t index = (uint32_t)snapshot->modules.count;
	struct module *module = ARRAY_PUSH(&snapshot->modules);

	module->path = strings_add(snapshot->strings, SNAPSHOT_JIT);
	if (name_locations(jit, index))
		module->names = MODULE_NAMES_SYMTAB;
	else if (!jit->why)
		jit->why = xstrdup("its map names none of the code that was seen");
	module->names_from = strings_add(snapshot->strings, jit->from ? jit->from : "");
	module->why = strings_add(snapshot->strings, jit->why ? jit->why : "");
}

/* One that was attached to has been writing for longer than we know it; of others these are the same, but for an exec. */
static uint64_t born_ns(const struct image *image)
{
	uint64_t born = image->started_ns;

	if (!image->number && !image->forked && image->home.born_ns && image->home.born_ns < born)
		born = image->home.born_ns;
	return born > FILE_TIME_NS ? born - FILE_TIME_NS : 0;
}

void naming_jit(struct snapshot *snapshot, const struct image *image)
{
	struct jit jit = {.snapshot = snapshot, .image = image};

	collect(&jit);
	if (jit.asked.count) {
		read_maps_of(&jit, image->home.pid, image->pid, born_ns(image));
		if (image->forked)
			read_maps_of(&jit, image->home.parent, image->parent_pid, 0);
	}
	if (jit.from || jit.why)
		tell(&jit);
	for (size_t i = 0; i < jit.asked.count; i++)
		free(jit.names[i].name);
	free(jit.names);
	ARRAY_FREE(&jit.asked);
	free(jit.from);
	free(jit.why);
}
