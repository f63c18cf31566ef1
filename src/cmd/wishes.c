/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file is written by a forked child, as all that the collector writes while programs run; the program waits for its end. The
 * file is named by the program: relative to its directory and its root, where links lead where they lead there, and only where the
 * program has no other rights than we have, so that nobody can have files written that he could not write himself.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/rooted.h"
#include "cmd/leaks.h"
#include "cmd/log.h"
#include "cmd/looks.h"
#include "cmd/wishes.h"
#include "cmd/writers.h"

enum { WRITERS_MAX = 4 };

/* The program knows the file by its own name for it. */
static void rename_in(struct error *err, const char *path, const char *name)
{
	const char *at = strstr(err->text, path);
	char *text;

	if (!at)
		return;
	text = xasprintf("%.*s%s%s", (int)(at - err->text), err->text, name, at + strlen(path));
	error_status(err, err->status, "%s", text);
	free(text);
}

static ssize_t read_link(pid_t pid, const char *name, char path[PATH_MAX])
{
	char link[64];
	ssize_t size;

	snprintf(link, sizeof link, "/proc/%d/%s", pid, name);
	size = readlink(link, path, PATH_MAX - 1);
	path[size > 0 ? size : 0] = 0;
	return size;
}

/* NAME as an absolute path in PID's root, malloc'ed. NULL: its working directory is not in there. */
static char *absolute(pid_t pid, const char *name)
{
	char root[PATH_MAX], folder[PATH_MAX];
	ssize_t length = read_link(pid, "root", root), size = read_link(pid, "cwd", folder);

	if (*name == '/')
		return xstrdup(name);
	if (length == 1)
		length = 0; /* "/" */
	if (length < 0 || size < length || strncmp(folder, root, (size_t)length) != 0 || (folder[length] && folder[length] != '/'))
		return NULL;
	return xasprintf("%s/%s", folder + length, name);
}

/* NAME, which is PID's, as we can open it, malloc'ed: it holds a descriptor of its folder. NULL and errno. */
static char *path_of(pid_t pid, const char *name)
{
	char *root = xasprintf("/proc/%d/root", pid), *path = absolute(pid, name), *slash = path ? strrchr(path, '/') : NULL, *ours = NULL;
	int folder;

	errno = ENOENT;
	if (slash) {
		*slash = 0;
		folder = rooted_open(&(struct rooted){ root, slash == path ? "/" : path }, O_PATH | O_DIRECTORY);
		if (folder >= 0)
			ours = xasprintf("/proc/self/fd/%d/%s", folder, slash + 1);
	}
	free(path);
	free(root);
	return ours;
}

static int write_file(struct collector *collector, const struct answer_wish *wish)
{
	int32_t pid = wish->process->image->pid;
	char *path = path_of(pid, wish->path);
	struct snapshot *snapshot;
	struct buffer bytes = { 0 };
	struct error err = ERROR_INIT;

	if (!path) {
		error_status(&err, EXIT_MEMTRACE_FAILED, "cannot write %s: %s", wish->path, strerror(errno));
		goto failed;
	}
	snapshot = collector_snapshot(collector, wish->process, false);
	if (snapshot_sum(snapshot, &err) < 0 || snapshot_check(snapshot, &err) < 0)
		goto failed;
	snapshot_encode(snapshot, &bytes);
	if (file_write(path, bytes.data, bytes.size, FILE_REPLACE, &err) == 0)
		return 0;
	rename_in(&err, path, wish->path);
failed:
	error_prefix(&err, "a snapshot that process %d asked for", pid);
	log_error(&err);
	return -1;
}

/* 0: a child writes it. */
static int begin_file(struct collector *collector, const struct answer_wish *wish)
{
	int32_t pid = wish->process->image->pid;
	char *folder = xasprintf("/proc/%d", pid);
	struct stat owner;
	pid_t child = -1;
	int status = stat(folder, &owner) == 0 && owner.st_uid == geteuid() ? 0 : -EACCES;

	if (status == 0)
		looks_now(collector, wish->process);
	if (status == 0)
		child = writers_fork_alone(collector);
	if (child == 0)
		_exit(write_file(collector, wish) == 0 ? 0 : 1);
	if (status == 0 && child < 0)
		status = -EAGAIN;
	if (status == 0)
		*ARRAY_PUSH(&collector->wishes) = (struct collector_wish){ child, *wish };
	free(folder);
	return status;
}

static int take_up(struct collector *collector, const struct answer_wish *wish)
{
	struct error err = ERROR_INIT;

	if (wish->leaks)
		return collector->options->leaks ? leaks_keep(collector, wish->process, wish->stack) : -EINVAL;
	if (wish->label && moments_check_label(wish->label, &err) < 0)
		return -EINVAL;
	if (wish->label && moments_label(wish->process->image, wish->label, &err) < 0)
		return -ENOSPC;
	return wish->path ? begin_file(collector, wish) : 0;
}

/* The children that have ended. One that a former collector has forked is not ours to wait for. */
static void reap(struct collector *collector)
{
	for (size_t i = collector->wishes.count; i-- > 0;) {
		struct collector_wish *writer = &collector->wishes.items[i];
		int status = 1;
		pid_t pid = waitpid(writer->pid, &status, WNOHANG);

		if (pid == 0 || (pid < 0 && errno != ECHILD))
			continue;
		answer_give(&collector->reader, &writer->wish, status == 0 ? 0 : -EIO);
		*writer = collector->wishes.items[--collector->wishes.count];
	}
}

void wishes_serve(struct collector *collector)
{
	struct answer_wish wish;

	reap(collector);
	while (collector->wishes.count < WRITERS_MAX && answer_next_snapshot(&collector->reader, &wish)) {
		int status = take_up(collector, &wish);

		if (status < 0 || !wish.path)
			answer_give(&collector->reader, &wish, status);
		free(wish.path);
		free(wish.label);
	}
	/* For those who wait for us: we are not standing still. */
	if (collector->wishes.count)
		atomic_fetch_add(&collector->pool->head->progress, 1);
}
