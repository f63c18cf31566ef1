/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See maps.h. The kernel writes the lines; only the path in them is the program's, and it is the rest of its line, with '\n'
 * written as "\012". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "remote/maps.h"

static bool parse(char *line, struct maps_entry *entry)
{
	unsigned long start, end, offset, inode;
	char flags[5];
	int path = 0;

	if (sscanf(line, "%lx-%lx %4s %lx %*s %lu %n", &start, &end, flags, &offset, &inode, &path) != 5 || !path)
		return false;
	*entry = (struct maps_entry){ .start = start, .end = end, .offset = offset, .inode = inode,
		.protection = (flags[0] == 'r' ? MAPS_READ : 0u) | (flags[1] == 'w' ? MAPS_WRITE : 0u) |
			(flags[2] == 'x' ? MAPS_EXECUTE : 0u) | (flags[3] == 's' ? MAPS_SHARED : 0u) };
	line[strcspn(line, "\n")] = '\0';
	entry->path = xstrdup(line + path);
	return true;
}

int maps_read(struct maps *maps, pid_t pid, struct error *err)
{
	struct maps_entry entry;
	char *line = NULL;
	size_t size = 0;
	char name[64];
	FILE *file;

	memset(maps, 0, sizeof *maps);
	snprintf(name, sizeof name, "/proc/%d/maps", (int)pid);
	file = fopen(name, "re");
	if (!file)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot read the mappings of process %d: %s", (int)pid,
			strerror(errno));
	while (getline(&line, &size, file) > 0)
		if (parse(line, &entry))
			*ARRAY_PUSH(&maps->entries) = entry;
	free(line);
	fclose(file);
	if (!maps->entries.count)
		return error_status(err, EXIT_MEMTRACE_FAILED, "process %d has no memory: it is ending", (int)pid);
	return 0;
}

void maps_free(struct maps *maps)
{
	for (size_t i = 0; i < maps->entries.count; i++)
		free(maps->entries.items[i].path);
	ARRAY_FREE(&maps->entries);
}

const struct maps_entry *maps_find(const struct maps *maps, uint64_t address)
{
	size_t low = 0, high = maps->entries.count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct maps_entry *entry = &maps->entries.items[middle];

		if (address < entry->start)
			high = middle;
		else if (address >= entry->end)
			low = middle + 1;
		else
			return entry;
	}
	return NULL;
}

static bool is_named(const char *path, const char *name)
{
	const char *base = strrchr(path, '/');
	size_t length = strlen(name);

	base = base ? base + 1 : path;
	if (strncmp(base, name, length) != 0)
		return false;
	base += length;
	return !*base || strncmp(base, ".so", 3) == 0 || (base[0] == '-' && base[1] >= '0' && base[1] <= '9');
}

const struct maps_entry *maps_library(const struct maps *maps, const char *name)
{
	for (size_t i = 0; i < maps->entries.count; i++)
		if (maps->entries.items[i].path[0] == '/' && is_named(maps->entries.items[i].path, name))
			return &maps->entries.items[i];
	return NULL;
}

uint64_t maps_file_end(const struct maps *maps, const struct maps_entry *entry)
{
	const struct maps_entry *last = &maps->entries.items[maps->entries.count - 1];
	uint64_t end = entry->end;

	for (const struct maps_entry *next = entry + 1; next <= last && next->start == end; next++) {
		if (next->inode != entry->inode || strcmp(next->path, entry->path) != 0)
			break;
		end = next->end;
	}
	return end;
}
