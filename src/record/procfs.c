/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Some 10 us a look: it is asked for a few hundred times a second at most. What the kernel says of resident memory is a sum
 * that it brings up to date now and then, some dozens of pages behind.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "record/procfs.h"

#define SHIM "/libmemtrace.so"

static bool read_text(pid_t pid, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, size - 1);
	close(fd);
	if (got <= 0)
		return false;
	text[got] = 0;
	return true;
}

uint64_t resident_bytes(int32_t pid)
{
	unsigned long size, resident = 0;
	char text[128];

	if (!read_text(pid, "statm", text, sizeof text) || sscanf(text, "%lu %lu", &size, &resident) != 2)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* PID (NAME) STATE PARENT … START is the 22nd; the name may hold anything, so its last parenthesis ends it. */
bool procfs_look(pid_t pid, struct procfs_process *process)
{
	char path[64], text[1024], *begin, *end;
	unsigned long long start;
	struct stat owner;

	snprintf(path, sizeof path, "/proc/%d", pid);
	if (stat(path, &owner) < 0 || !read_text(pid, "stat", text, sizeof text))
		return false;
	begin = strchr(text, '(');
	end = strrchr(text, ')');
	if (!begin || !end || end < begin)
		return false;
	*end = 0;
	if (sscanf(end + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		&process->state, &process->parent, &start) != 3)
		return false;
	snprintf(process->name, sizeof process->name, "%s", begin + 1);
	process->start = start;
	process->uid = owner.st_uid;
	return true;
}

int64_t procfs_age_ms(const struct procfs_process *process)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 -
	       (int64_t)(process->start * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

int procfs_has_shim(pid_t pid)
{
	char *line = NULL, *name, path[64];
	size_t capacity = 0;
	int found = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	while (!found && getline(&line, &capacity, file) > 0) {
		name = strstr(line, SHIM);
		found = name && strchr("\n ", name[strlen(SHIM)]);
	}
	free(line);
	fclose(file);
	return found;
}

/* The 28th field of stat. */
uint64_t procfs_stack_start(pid_t pid)
{
	char text[1024], *at;

	if (!read_text(pid, "stat", text, sizeof text) || !(at = strrchr(text, ')')))
		return 0;
	for (int i = 2; i < 28 && at; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

uint64_t procfs_namespace(const char *file)
{
	char path[300];
	struct stat status;

	snprintf(path, sizeof path, "/proc/%s/ns/pid", file);
	return stat(path, &status) == 0 ? status.st_ino : 0;
}

static bool differ(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && (one.st_dev != other.st_dev || one.st_ino != other.st_ino);
}

/* Two may have one / and other mounts on it. */
void procfs_visit(pid_t pid, struct procfs_home *home)
{
	char root[64], mounts[64], path[64];
	struct procfs_process process;
	struct stat owner;

	snprintf(path, sizeof path, "/proc/%d", pid);
	snprintf(root, sizeof root, "/proc/%d/root/", pid);
	snprintf(mounts, sizeof mounts, "/proc/%d/ns/mnt", pid);
	home->uid = stat(path, &owner) == 0 ? owner.st_uid : PROCFS_NOBODY;
	home->born_ns = procfs_look(pid, &process) ? clock_ns(CLOCK_REALTIME) - (uint64_t)procfs_age_ms(&process) * 1000000 : 0;
	home->elsewhere = differ(root, "/") || differ(mounts, "/proc/self/ns/mnt");
}

/* Its pid in the innermost namespace that it is in: the last of that line. */
static pid_t innermost_pid(pid_t pid)
{
	char text[4096], *line, *last;

	if (!read_text(pid, "status", text, sizeof text) || !(line = strstr(text, "\nNSpid:")))
		return 0;
	line[1 + strcspn(line + 1, "\n")] = 0;
	last = strrchr(line, '\t');
	return last ? (pid_t)strtol(last, NULL, 10) : 0;
}

pid_t procfs_find(uint64_t pid_namespace, pid_t pid)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	while (folder && !found && (entry = readdir(folder))) {
		pid_t one = (pid_t)strtol(entry->d_name, NULL, 10);

		if (one > 0 && procfs_namespace(entry->d_name) == pid_namespace && innermost_pid(one) == pid)
			found = one;
	}
	if (folder)
		closedir(folder);
	return found;
}
