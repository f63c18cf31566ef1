/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole files. Writing goes to a temporary file beside the target, which becomes the target at
 * once: a reader sees the old file or the new one, never half of one.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include "base/error.h"

struct file_view {
	const uint8_t *data; /* NULL when size is 0 */
	size_t size;
	size_t holes; /* bytes of a large file that nobody has written; 0 where nobody can tell */
	bool mapped; /* private */
};

/* Reads or maps a regular file of at most MAX bytes. Anything else (missing, directory, FIFO,
 * device, larger) is an error at once, with status EXIT_BAD_INPUT; never blocks on a FIFO. */
int file_view_open(struct file_view *view, const char *path, size_t max, struct error *err);
void file_view_close(struct file_view *view);

/* Opens a regular file for who needs parts of it: its descriptor, and its size. Errors as above. */
int file_open(const char *path, uint64_t *size, struct error *err);
/* SIZE bytes of FD from OFFSET on, read or mapped, for file_view_close. -1: they are not all there. */
int file_view_part(struct file_view *view, int fd, uint64_t offset, size_t size);

enum file_replace { FILE_REFUSE_EXISTING, FILE_REPLACE };

/* What a file of MODE is, when it is not a regular one: "a directory", … */
const char *file_kind(mode_t mode);

/* Writes SIZE bytes as PATH by a temporary file. REPLACE says what an existing file
 * means; with FILE_REFUSE_EXISTING it is an error (status 125) and the existing file is untouched
 * even in a race (link or renameat2 RENAME_NOREPLACE). One that is replaced hands on its permissions
 * and, where we may, its owner. */
int file_write(const char *path, const void *data, size_t size, enum file_replace replace,
	struct error *err);

/* The same of what WRITE writes into a stream: it is whole in memory first, so that the file appears at once or not at all, and
 * asked for only when PATH can be written. WRITE's error is returned as it is. */
int file_write_by(const char *path, enum file_replace replace, int (*write)(FILE *stream, void *data, struct error *err),
	void *data, struct error *err);

/* Whether PATH could be written now: its folder exists and is writable, and PATH is free or
 * (REPLACE) a regular file. The error says which. Nothing is left behind. */
int file_check_writable(const char *path, enum file_replace replace, struct error *err);

#endif
