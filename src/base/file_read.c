/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files for reading: whole ones, or parts of them. What is small is read, so that a file that shrinks meanwhile is just a cut one;
 * what is big is mapped.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"

#define READ_MAX ((size_t)64 << 20) /* bytes: larger files are mapped */
#define PART_READ_MAX ((size_t)1 << 20) /* the same of parts */
#define PAGE 4096
#define HOLES_COUNTED 1000	    /* pieces of a file that are looked at */

const char *file_kind(mode_t mode)
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

/* At most SIZE bytes from OFFSET on, fewer where the file ends before; -1 and errno. */
static ssize_t read_at(int fd, uint64_t offset, uint8_t *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, data + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int read_all(struct file_view *view, int fd, const char *path, struct error *err)
{
	uint8_t *data = xmalloc(view->size);
	ssize_t size = read_at(fd, 0, data, view->size);

	if (size < 0) {
		free(data);
		return error_set(err, "cannot read %s: %s", path, strerror(errno));
	}
	view->data = data;
	view->size = (size_t)size;
	return 0;
}

/* The blocks of stat are no measure: they are compressed ones, or none, on some file systems. */
static size_t count_holes(int fd, off_t size)
{
	size_t holes = 0;
	off_t at = 0, data;

	for (int i = 0; i < HOLES_COUNTED && at >= 0 && at < size; i++) {
		data = lseek(fd, at, SEEK_DATA);
		if (data < 0 && errno != ENXIO)
			break;
		holes += (size_t)((data < 0 ? size : data) - at);
		at = data < 0 ? size : lseek(fd, data, SEEK_HOLE);
	}
	return holes;
}

int file_open(const char *path, uint64_t *size, struct error *err)
{
	struct stat status;
	/* O_NONBLOCK: opening a FIFO would wait for its writer. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, "cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &status) < 0)
		error_set(err, "cannot read %s: %s", path, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		error_set(err, "cannot read %s: it is %s, not a file", path, file_kind(status.st_mode));
	else {
		*size = (uint64_t)status.st_size;
		return fd;
	}
	close(fd);
	return -1;
}

int file_view_part(struct file_view *view, int fd, uint64_t offset, size_t size)
{
	size_t before = offset % PAGE; /* a mapping begins with a page */
	uint8_t *data;

	*view = (struct file_view){.size = size};
	if (size > PART_READ_MAX) {
		struct stat status;

		if (fstat(fd, &status) < 0 || offset > (uint64_t)status.st_size || size > (uint64_t)status.st_size - offset)
			return -1;
		data = mmap(NULL, before + size, PROT_READ, MAP_PRIVATE, fd, (off_t)(offset - before));
		if (data == MAP_FAILED)
			return -1;
		view->data = data + before;
		view->mapped = true;
		return 0;
	}
	data = offset <= INT64_MAX - size ? malloc(size + 1) : NULL;
	if (!data || read_at(fd, offset, data, size) != (ssize_t)size) {
		free(data);
		return -1;
	}
	view->data = data;
	return 0;
}

static int load(struct file_view *view, int fd, const char *path, struct error *err)
{
	if (view->size == 0)
		return 0;
	if (view->size <= READ_MAX)
		return read_all(view, fd, path, err);
	void *map = mmap(NULL, view->size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (map == MAP_FAILED)
		return error_set(err, "cannot read %s: %s", path, strerror(errno));
	view->data = map;
	view->mapped = true;
	view->holes = count_holes(fd, (off_t)view->size);
	return 0;
}

int file_view_open(struct file_view *view, const char *path, size_t max, struct error *err)
{
	uint64_t size;
	int fd = file_open(path, &size, err), rc;

	*view = (struct file_view){0};
	if (fd < 0)
		return -1;
	view->size = (size_t)size;
	rc = size > max ? error_set(err, "cannot read %s: %llu bytes are more than the %zu that it may have", path,
				  (unsigned long long)size, max)
			: load(view, fd, path, err);
	close(fd);
	if (rc < 0)
		*view = (struct file_view){0};
	return rc;
}

void file_view_close(struct file_view *view)
{
	size_t before = (uintptr_t)view->data % PAGE;

	if (view->mapped)
		munmap((uint8_t *)view->data - before, before + view->size);
	else
		free((void *)view->data);
	*view = (struct file_view){0};
}
