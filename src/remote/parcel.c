/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See parcel.h. /proc/PID/root and /proc/PID/fd lead into the other's namespaces. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"
#include "remote/parcel.h"

bool parcel_is_seen(pid_t pid, const char *path)
{
	char *theirs = xasprintf("/proc/%d/root%s", (int)pid, path);
	struct stat ours, found;
	bool seen = stat(path, &ours) == 0 && stat(theirs, &found) == 0 && ours.st_dev == found.st_dev &&
		    ours.st_ino == found.st_ino;

	free(theirs);
	return seen;
}

int parcel_find(pid_t pid)
{
	const char prefix[] = "/memfd:" PARCEL_NAME;
	char name[PATH_MAX], link[PATH_MAX];
	struct dirent *entry;
	int found = -1;
	DIR *folder;

	snprintf(name, sizeof name, "/proc/%d/fd", (int)pid);
	folder = opendir(name);
	while (folder && (entry = readdir(folder))) {
		ssize_t length;

		snprintf(name, sizeof name, "/proc/%d/fd/%.32s", (int)pid, entry->d_name);
		length = readlink(name, link, sizeof link);
		if (length > 0 && (size_t)length >= sizeof prefix - 1 && memcmp(link, prefix, sizeof prefix - 1) == 0)
			found = atoi(entry->d_name);
	}
	if (folder)
		closedir(folder);
	return found;
}

int parcel_fill(pid_t pid, int fd, const char *path)
{
	char name[64];
	int from = open(path, O_RDONLY | O_CLOEXEC), to, failure = 0;
	ssize_t copied = 1;

	snprintf(name, sizeof name, "/proc/%d/fd/%d", (int)pid, fd);
	to = open(name, O_WRONLY | O_CLOEXEC);
	if (from < 0 || to < 0)
		failure = errno;
	while (!failure && copied > 0) {
		copied = sendfile(to, from, NULL, 1 << 20);
		if (copied < 0)
			failure = errno;
	}
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	errno = failure;
	return failure ? -1 : 0;
}
