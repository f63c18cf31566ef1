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
#include "base/clock.h"
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

/* Does a line of PID's FILE, which ends with END, hold TEXT? -1: it cannot be read. EMPTY: it can, and has none. */
static int has_line(pid_t pid, const char *file, int end, const char *text, bool *empty)
{
	char path[64], *line = NULL;
	size_t room = 0;
	bool found = false;
	FILE *stream;

	*empty = false;
	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	stream = fopen(path, "re");
	if (!stream)
		return -1;
	*empty = true;
	while (!found && getdelim(&line, &room, end, stream) > 0) {
		found = strstr(line, text);
		*empty = false;
	}
	free(line);
	fclose(stream);
	return found;
}

enum kind { KIN_NONE, KIN_LOADING, KIN_FORKED };

static int maps_pool(const struct pool *pool, pid_t pid, bool *empty)
{
	char text[64];
	struct stat memory;

	if (fstat(pool->memory_fd, &memory) < 0)
		return -1;
	snprintf(text, sizeof text, " %02x:%02x %llu ", major(memory.st_dev), minor(memory.st_dev),
		(unsigned long long)memory.st_ino);
	return has_line(pid, "maps", '\n', text, empty);
}

bool kin_has_left(const struct pool *pool, pid_t pid)
{
	bool empty;

	return maps_pool(pool, pid, &empty) == 0 && !empty;
}

static enum kind kind_of(const struct kin *kin, pid_t pid, bool loading)
{
	char text[64];
	bool empty;
	int found;

	if (is_us(pid))
		return KIN_NONE;
	if ((kin->pool->head->follow & WIRE_FOLLOW_FORK) && maps_pool(kin->pool, pid, &empty) > 0)
		return KIN_FORKED;
	if (!loading || !(kin->pool->head->follow & WIRE_FOLLOW_EXEC))
		return KIN_NONE;
	snprintf(text, sizeof text, ":%016llx", (unsigned long long)kin->pool->head->key);
	found = has_line(pid, "environ", 0, text, &empty);
	/* For a moment of its exec a process has no environment that we can see. */
	return found > 0 || empty ? KIN_LOADING : KIN_NONE;
}

/* GONE: one has ended meanwhile, and may have left a child that was not looked at. */
static enum kind look(const struct kin *kin, bool loading, bool *gone)
{
	struct procfs_process process;
	struct dirent *entry;
	enum kind found = KIN_NONE;
	DIR *folder = opendir("/proc");

	*gone = false;
	while (folder && !found && (entry = readdir(folder))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0)
			continue;
		if (!procfs_look(pid, &process))
			*gone = true;
		else if (process.state != 'Z' && process.start >= kin->start)
			found = kind_of(kin, pid, loading);
	}
	if (folder)
		closedir(folder);
	return found;
}

bool kin_left(struct kin *kin)
{
	enum kind found = KIN_NONE;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	bool gone = true;

	if (kin->left && now - kin->looked_ns < LOOK_NS)
		return true;
	if (!kin->looked_ns)
		kin->since_ns = now;
	kin->looked_ns = now;
	for (int i = 0; i < 3 && gone && !found; i++)
		found = look(kin, now - kin->since_ns < LOADING_NS, &gone);
	if (found == KIN_FORKED)
		kin->since_ns = now;
	kin->left = found;
	return found;
}
