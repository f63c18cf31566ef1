/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole files, written at once.
 *
 * A temporary file in the target's own folder, which gets its name when it is whole. It
 * has none until then where the file system can do that (O_TMPFILE), so that nothing is left of it
 * whenever we are killed; elsewhere, and for the instant in which it replaces a file, its name has
 * a leading dot (not matched by a glob for results). Where an existing file must not be replaced
 * the kernel decides as the name is given, so two writers cannot both win. Whatever fails, the
 * temporary file is removed. Only a write that replaces something is synced first: otherwise a
 * power cut could leave neither the old file nor the new one; for a new file there is nothing to
 * lose that the cut has not taken anyway, and a build that writes hundreds need not wait for the
 * disk.
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
			"cannot write %s: it is %s, not a file", path, file_kind(status.st_mode));
	}
	if (*exists && replace == FILE_REFUSE_EXISTING)
		return already_there(path, err);
	if (!*real)
		*real = xstrdup(path);
	return 0;
}

struct temporary {
	int fd;
	char *name; /* malloced; NULL: it has none */
};

/* The folder of TARGET with its slash, or "". */
static int folder_length(const char *target)
{
	const char *slash = strrchr(target, '/');

	return slash ? (int)(slash - target) + 1 : 0;
}

static char *temporary_name(const char *target, unsigned int attempt)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (uint64_t)getpid() << 32 | attempt;
	return xasprintf("%.*s.memtrace-%016llx.tmp", folder_length(target), target,
		(unsigned long long)number);
}

/* How the kernel is told of a file without a name. */
static void path_of(int fd, char path[32])
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

/* -1: the file system cannot, or nobody could give it a name later. */
static int open_nameless(const char *target)
{
	char *folder = xasprintf("%.*s.", folder_length(target), target), path[32];
	int fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);

	free(folder);
	path_of(fd, path);
	if (fd >= 0 && access(path, F_OK) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Makes a new file in the folder of TARGET. mkstemp would ignore the umask. */
static int open_named(const char *target, struct temporary *temporary)
{
	for (unsigned int attempt = 0; attempt < 100; attempt++) {
		temporary->name = temporary_name(target, attempt);
		temporary->fd =
			open(temporary->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (temporary->fd >= 0)
			return 0;
		free(temporary->name);
		temporary->name = NULL;
		if (errno != EEXIST)
			break;
	}
	return -1;
}

/* Closes it; what has not become the target is gone. */
static void drop_temporary(struct temporary *temporary, bool done)
{
	int saved = errno;

	if (temporary->fd >= 0)
		close(temporary->fd);
	if (!done && temporary->name)
		unlink(temporary->name);
	free(temporary->name);
	errno = saved;
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

static int give_name(int fd, const char *name)
{
	char path[32];

	path_of(fd, path);
	return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* Makes it TARGET, unless that exists. */
static int become_new(const struct temporary *temporary, const char *target)
{
	if (!temporary->name)
		return give_name(temporary->fd, target);
	if (renameat2(AT_FDCWD, temporary->name, AT_FDCWD, target, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system or kernel without that flag; a link never replaces either. */
	if (link(temporary->name, target) < 0)
		return -1;
	unlink(temporary->name);
	return 0;
}

/* Makes it TARGET, in place of what is there. */
static int become(struct temporary *temporary, const char *target)
{
	for (unsigned int attempt = 0; !temporary->name && attempt < 100; attempt++) {
		if (give_name(temporary->fd, target) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
		temporary->name = temporary_name(target, attempt);
		if (give_name(temporary->fd, temporary->name) < 0) {
			free(temporary->name);
			temporary->name = NULL;
		}
	}
	return temporary->name ? rename(temporary->name, target) : -1;
}

/* The bytes are on their way to the disk: some file systems tell of a full one only at a close, so
 * a second descriptor is closed for that. */
static int put_bytes(int fd, const void *data, size_t size, bool sync)
{
	int copy;

	if (write_all(fd, data, size) < 0 || (sync && fdatasync(fd) < 0))
		return -1;
	copy = dup(fd);
	return copy < 0 ? 0 : close(copy);
}

struct content {
	const void *data;
	size_t size;
	enum file_replace replace;
	bool sync;
};

/* A file that is replaced stays its owner's, and as secret as it was, as far as we may. */
static void look_like(int fd, const char *target)
{
	struct stat status;

	if (stat(target, &status) < 0)
		return;
	if (fchown(fd, status.st_uid, status.st_gid) == 0 || status.st_uid == geteuid())
		fchmod(fd, status.st_mode & 0777);
}

/* -1: errno says why not, and nothing is left. */
static int write_once(const char *target, const struct content *content, bool named)
{
	struct temporary temporary = {-1, NULL};
	int rc = -1;

	if (!named)
		temporary.fd = open_nameless(target);
	else if (open_named(target, &temporary) < 0)
		return -1;
	if (temporary.fd < 0)
		return -1;
	rc = put_bytes(temporary.fd, content->data, content->size, content->sync);
	if (rc == 0 && content->replace == FILE_REPLACE)
		look_like(temporary.fd, target);
	if (rc == 0)
		rc = content->replace == FILE_REPLACE ? become(&temporary, target)
						      : become_new(&temporary, target);
	drop_temporary(&temporary, rc == 0);
	return rc;
}

int file_write(const char *path, const void *data, size_t size, enum file_replace replace,
	struct error *err)
{
	struct content content = {data, size, replace, false};
	char *target = NULL;
	int rc;

	if (find_target(path, replace, &target, &content.sync, err) < 0)
		return -1;
	rc = write_once(target, &content, false);
	/* Whatever does not let us give a name may let us rename. */
	if (rc < 0 && errno != EEXIST)
		rc = write_once(target, &content, true);
	if (rc < 0 && errno == EEXIST)
		already_there(path, err);
	else if (rc < 0)
		cannot_write(path, errno, err);
	free(target);
	return rc;
}

int file_check_writable(const char *path, enum file_replace replace, struct error *err)
{
	struct temporary temporary = {-1, NULL};
	char *target;
	bool exists;
	int rc = 0;

	if (find_target(path, replace, &target, &exists, err) < 0)
		return -1;
	/* Only trying tells: permissions do not bind root, and a folder can be read-only, full of
	 * files or over quota. */
	temporary.fd = open_nameless(target);
	if (temporary.fd < 0 && open_named(target, &temporary) < 0)
		rc = cannot_write(target, errno, err);
	drop_temporary(&temporary, false);
	free(target);
	return rc;
}

int file_write_by(const char *path, enum file_replace replace, int (*write)(FILE *stream, void *data, struct error *err),
	void *data, struct error *err)
{
	char *whole = NULL;
	size_t size = 0;
	FILE *stream;
	int rc;

	if (file_check_writable(path, replace, err) < 0)
		return -1;
	stream = open_memstream(&whole, &size);
	if (!stream)
		memory_out();
	rc = write(stream, data, err);
	if (fclose(stream) != 0)
		memory_out();
	if (rc == 0)
		rc = file_write(path, whole, size, replace, err);
	free(whole);
	return rc;
}
