/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By the maps in /proc: the library's name stands in those of every process that it was loaded
 * into. A process that ends meanwhile is passed over.
 */
#include "cmd/traced.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "/libmemtrace.so"

static bool has_library(const char *pid)
{
	char *line = NULL, *name;
	size_t capacity = 0;
	bool found = false;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && getline(&line, &capacity, file) > 0) {
		name = strstr(line, LIBRARY);
		found = name && strchr("\n ", name[strlen(LIBRARY)]);
	}
	free(line);
	fclose(file);
	return found;
}

static void read_comm(const char *pid, char *comm, int size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(comm, size, file))
		comm[0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	if (file)
		fclose(file);
}

void traced_each(void (*seen)(void *data, pid_t pid, const char *comm), void *data)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char comm[64];

	while (processes && (entry = readdir(processes))) {
		size_t digits = strspn(entry->d_name, "0123456789");

		if (!digits || entry->d_name[digits] || !has_library(entry->d_name))
			continue;
		read_comm(entry->d_name, comm, sizeof(comm));
		seen(data, (pid_t)atol(entry->d_name), comm);
	}
	if (processes)
		closedir(processes);
}
