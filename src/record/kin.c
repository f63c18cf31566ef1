/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A forked child has its parent's view of the pool, which /proc shows among its mappings. A program that is just being loaded
 * has none yet, but our variable in its environment; a static one has that for good, so it counts for a while only. What
 * /proc does not let us see (another user's) is nobody. We ourselves and our children map the pool, too: they are known by
 * their executable.
 *
 * A look costs some 10 us for each process of the machine, and some 100 us for each that is younger than the program.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include "record/kin.h"
#include "record/procfs.h"

#define LOOK_NS 200000000ull
#define LOADING_NS 2000000000ull

void kin_init(struct kin *kin, const struct pool *pool, pid_t first)
{
	struct procfs_process process = { .start = 0 };

	procfs_look(first, &process);
	*kin = (struct kin){ .pool = pool, .start = process.start };
}

static bool is_us(pid_t pid)
{
	struct stat theirs, ours;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	return stat(path, &theirs) == 0 && stat("/proc/self/exe", &ours) == 0 && theirs.st_dev == ours.st_dev &&
	       theirs.st_ino == ours.st_ino;
}

/* Does a line of PID's FILE, which ends with END, hold TEXT? */
static bool has_line(pid_t pid, const char *file, int end, const char *text)
{
	char path[64], *line = NULL;
	size_t room = 0;
	bool found = false;
	FILE *stream;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	stream = fopen(path, "re");
	if (!stream)
		return false;
	while (!found && getdelim(&line, &room, end, stream) > 0)
		found = strstr(line, text);
	free(line);
	fclose(stream);
	return found;
}

static bool may_speak(const struct kin *kin, pid_t pid, bool loading)
{
	char text[64];
	struct stat memory;

	if (is_us(pid) || fstat(kin->pool->memory_fd, &memory) < 0)
		return false;
	snprintf(text, sizeof text, " %02x:%02x %llu ", major(memory.st_dev), minor(memory.st_dev),
		(unsigned long long)memory.st_ino);
	if ((kin->pool->head->follow & 1) && has_line(pid, "maps", '\n', text))
		return true;
	snprintf(text, sizeof text, ":%016llx", (unsigned long long)kin->pool->head->key);
	return loading && (kin->pool->head->follow & 2) && has_line(pid, "environ", 0, text);
}

/* GONE: one has ended meanwhile, and may have left a child that was not looked at. */
static bool look(const struct kin *kin, bool loading, bool *gone)
{
	struct procfs_process process;
	struct dirent *entry;
	bool found = false;
	DIR *folder = opendir("/proc");

	*gone = false;
	while (folder && !found && (entry = readdir(folder))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0)
			continue;
		if (!procfs_look(pid, &process))
			*gone = true;
		else if (process.state != 'Z' && process.start >= kin->start)
			found = may_speak(kin, pid, loading);
	}
	if (folder)
		closedir(folder);
	return found;
}

bool kin_left(struct kin *kin)
{
	struct timespec time;
	uint64_t now;
	bool gone = true;

	clock_gettime(CLOCK_MONOTONIC, &time);
	now = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
	if (kin->first_ns && now - kin->looked_ns < LOOK_NS)
		return kin->left;
	if (!kin->first_ns)
		kin->first_ns = now;
	kin->looked_ns = now;
	kin->left = false;
	for (int i = 0; i < 3 && gone && !kin->left; i++)
		kin->left = look(kin, now - kin->first_ns < LOADING_NS, &gone);
	return kin->left;
}
