/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openat2 resolves within a root. The kernel tells the name of what is open as we would see it; taken
 * off the name of the root, that is the name there. In another mount namespace both begin at the "/"
 * of that namespace, which comes to the same.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/memory.h"
#include "base/rooted.h"

int rooted_open(const struct rooted *file, int flags)
{
	struct open_how how = {.flags = (unsigned int)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT};
	int folder, fd;

	if (!file->root)
		return open(file->path, flags | O_CLOEXEC);
	folder = open(file->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, folder, file->path, &how, sizeof how);
	close(folder);
	return fd;
}

/* The name of what is open, in PATH; its length, 0 when it has none. */
static size_t name_of(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t size;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	size = fd < 0 ? -1 : readlink(link, path, PATH_MAX - 1);
	path[size > 0 ? size : 0] = 0;
	return *path == '/' ? (size_t)size : 0;
}

char *rooted_real(const struct rooted *file)
{
	char root[PATH_MAX], path[PATH_MAX];
	size_t length, size;
	int folder, fd;

	if (!file->root)
		return realpath(file->path, NULL);
	folder = open(file->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = rooted_open(file, O_PATH);
	length = name_of(folder, root);
	size = name_of(fd, path);
	if (folder >= 0)
		close(folder);
	if (fd >= 0)
		close(fd);
	if (length == 1)
		length = 0; /* "/" */
	if (!*root || size <= length || memcmp(path, root, length) != 0 || path[length] != '/')
		return NULL;
	return xstrdup(path + length);
}
