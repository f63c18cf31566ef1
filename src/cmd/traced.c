/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By the maps in /proc: the library's name stands in those of every process that it was loaded
 * into. A process that ends meanwhile is passed over.
 */
#include "cmd/traced.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/procfs.h"

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

		if (!digits || entry->d_name[digits] || procfs_has_shim((pid_t)atol(entry->d_name)) <= 0)
			continue;
		read_comm(entry->d_name, comm, sizeof(comm));
		seen(data, (pid_t)atol(entry->d_name), comm);
	}
	if (processes)
		closedir(processes);
}
