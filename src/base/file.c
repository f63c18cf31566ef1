/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole files, read and written at once.
 *
 * Writing: a temporary file with a leading dot in the target's own folder (same file system, not
 * matched by a glob for results), then a rename. Where an existing file must not be replaced the
 * kernel decides at the rename itself, so two writers cannot both win. Whatever fails, the
 * temporary file is removed. Only a write that replaces something is synced first: otherwise a
 * power cut could leave neither the old file nor the new one; for a new file there is nothing to
 * lose that the cut has not taken anyway, and a build that writes hundreds need not wait for the
 * disk.
 *
 * Reading: a small file is read, so that one that shrinks meanwhile is just a cut file; a big one
 * is mapped.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"

#define READ_MAX ((size_t)64 << 20) /* bytes: larger files are mapped */

/* What a file of MODE is, when it is not a regular one. */
static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

static int read_all(struct file_view *view, int fd, const char *path, struct error *err)
{
	uint8_t *data = xmalloc(view->size);
	size_t done = 0;

	while (done < view->size) {
		ssize_t n = read(fd, data + done, view->size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(data);
			return error_set(err, "cannot read %s: %s", path, strerror(errno));
		}
		if (n == 0)
			break;
		done += (size_t)n;
	}
	view->data = data;
	view->size = done;
	return 0;
}

static int load(struct file_view *view, int fd, const char *path, size_t max, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return error_set(err, "cannot read %s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_set(
			err, "cannot read %s: it is %s, not a file", path, kind_of(status.st_mode));
	if ((uint64_t)status.st_size > max)
		return error_set(err,
			"cannot read %s: %lld bytes are more than the %zu that it may have", path,
			(long long)status.st_size, max);
	view->size = (size_t)status.st_size;
	if (view->size == 0)
		return 0;
	if (view->size <= READ_MAX)
		return read_all(view, fd, path, err);
	void *map = mmap(NULL, view->size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (map == MAP_FAILED)
		return error_set(err, "cannot read %s: %s", path, strerror(errno));
	view->data = map;
	view->mapped = true;
	return 0;
}

int file_view_open(struct file_view *view, const char *path, size_t max, struct error *err)
{
	*view = (struct file_view){0};
	/* O_NONBLOCK: opening a FIFO would wait for its writer. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, "cannot open %s: %s", path, strerror(errno));
	int rc = load(view, fd, path, max, err);

	close(fd);
	if (rc < 0)
		*view = (struct file_view){0};
	return rc;
}

void file_view_close(struct file_view *view)
{
	if (view->mapped)
		munmap((void *)view->data, view->size);
	else
		free((void *)view->data);
	*view = (struct file_view){0};
}

static int cannot_write(const char *path, int number, struct error *err)
{
	return error_status(
		err, EXIT_MEMTRACE_FAILED, "cannot write %s: %s", path, strerror(number));
}

static int already_there(const char *path, struct error *err)
{
	error_status(err, EXIT_MEMTRACE_FAILED, "cannot write %s: it exists already", path);
	return error_hint(err, "name another file, or give -f to replace it");
}

/* The file that is really to be replaced (*REAL, malloced): PATH, or what a symbolic link there
 * leads to. *EXISTS tells whether there is one. */
static int find_target(
	const char *path, enum file_replace replace, char **real, bool *exists, struct error *err)
{
	struct stat status;
	const char *slash = strrchr(path, '/');

	*real = NULL;
	*exists = lstat(path, &status) == 0;
	if (!*exists && errno != ENOENT)
		return cannot_write(path, errno, err);
	if (!*exists && (*path == '\0' || (slash && slash[1] == '\0')))
		return error_status(err, EXIT_MEMTRACE_FAILED,
			"cannot write '%s': it is not the name of a file", path);
	if (*exists && S_ISLNK(status.st_mode) && replace == FILE_REPLACE) {
		*real = realpath(path, NULL);
		if (!*real || stat(*real, &status) < 0) {
			int number = errno;

			free(*real);
			return cannot_write(path, number, err);
		}
	}
	if (*exists && !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
		free(*real);
		return error_status(err, EXIT_MEMTRACE_FAILED,
			"cannot write %s: it is %s, not a file", path, kind_of(status.st_mode));
	}
	if (*exists && replace == FILE_REFUSE_EXISTING)
		return already_there(path, err);
	if (!*real)
		*real = xstrdup(path);
	return 0;
}

/* Makes a new file in the folder of TARGET; leaves its malloced name in *NAME. mkstemp would ignore
 * the umask. */
static int open_temporary(const char *target, char **name, struct error *err)
{
	const char *slash = strrchr(target, '/');
	int folder = slash ? (int)(slash - target) + 1 : 0;
	int fd = -1;

	for (int attempt = 0; fd < 0 && attempt < 100; attempt++) {
		uint64_t number;

		if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
			number = (uint64_t)getpid() << 32 | (unsigned int)attempt;
		*name = xasprintf(
			"%.*s.memtrace-%016llx.tmp", folder, target, (unsigned long long)number);
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0) {
			free(*name);
			*name = NULL;
			if (errno != EEXIST)
				break;
		}
	}
	return fd < 0 ? cannot_write(target, errno, err) : fd;
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size < INT_MAX ? size : INT_MAX);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Gives the temporary file its name, unless TARGET exists. */
static int rename_new(const char *temporary, const char *target)
{
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, target, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system or kernel without that flag; a link never replaces either. */
	if (link(temporary, target) < 0)
		return -1;
	unlink(temporary);
	return 0;
}

int file_write(const char *path, const void *data, size_t size, enum file_replace replace,
	struct error *err)
{
	char *target = NULL, *temporary = NULL;
	bool exists;
	int rc = -1, fd = -1;

	if (find_target(path, replace, &target, &exists, err) < 0)
		return -1;
	fd = open_temporary(target, &temporary, err);
	if (fd < 0)
		goto out;
	rc = write_all(fd, data, size);
	if (rc == 0 && exists)
		rc = fdatasync(fd);
	/* Some file systems tell of a full disk only here. */
	int number = errno;

	if (close(fd) < 0 && rc == 0) {
		number = errno;
		rc = -1;
	}
	if (rc < 0) {
		cannot_write(path, number, err);
		goto out;
	}
	rc = replace == FILE_REPLACE ? rename(temporary, target) : rename_new(temporary, target);
	if (rc < 0 && errno == EEXIST)
		already_there(path, err);
	else if (rc < 0)
		cannot_write(path, errno, err);
out:
	if (rc < 0 && temporary)
		unlink(temporary);
	free(temporary);
	free(target);
	return rc;
}

int file_check_writable(const char *path, enum file_replace replace, struct error *err)
{
	char *target, *temporary;
	bool exists;

	if (find_target(path, replace, &target, &exists, err) < 0)
		return -1;
	/* Only trying tells: permissions do not bind root, and a folder can be read-only, full of
	 * files or over quota. */
	int fd = open_temporary(target, &temporary, err);

	if (fd >= 0) {
		close(fd);
		unlink(temporary);
		free(temporary);
	}
	free(target);
	return fd < 0 ? -1 : 0;
}
