/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding snapshots by their names, as run makes them: memtrace.PROG.PID.snap, and with .PID (.PID.2
 * …) behind it for further images. Each process of a run has such a name, so which one the user has started is
 * asked of the files: it is not a child of another one. From the newest on they are read until that is found,
 * which nearly always is the first.
 */
#include "cmd/snapfile.h"

#include <errno.h>
#include <fnmatch.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/memory.h"
#include "base/units.h"
#include "cmd/log.h"
#include "cmd/progress.h"

#define FIRST_IMAGE "memtrace.*.snap"
#define FURTHER_IMAGE "memtrace.*.snap.[0-9]*"

int snapfile_open(struct snapfile *snap, const char *name, struct error *err)
{
	const char *at = strrchr(name, '@');
	struct stat status;
	int moment;

	*snap = (struct snapfile){0};
	if (at && at > name && lstat(name, &status) < 0) {
		snap->file = xstrndup(name, (size_t)(at - name));
		snap->named_moment = true;
	} else {
		snap->file = xstrdup(name);
	}
	progress_begin();
	progress_tell("reading %s", snap->file);
	snap->snapshot = snapshot_read(snap->file, err);
	progress_end();
	if (!snap->snapshot)
		return -1;
	moment = snapshot_moment(snap->snapshot, snap->named_moment ? at + 1 : NULL, err);
	if (moment < 0)
		return error_prefix(err, "%s", snap->file);
	snap->moment = (size_t)moment;
	return 0;
}

int snapfile_choose(struct snapfile *snap, const char *name, struct error *err)
{
	int moment;

	if (!name)
		return 0;
	if (snap->named_moment)
		return error_set(err, "--moment and %s@MOMENT are too many", snap->file);
	moment = snapshot_moment(snap->snapshot, name, err);
	if (moment < 0)
		return error_prefix(err, "%s", snap->file);
	snap->moment = (size_t)moment;
	return 0;
}

void snapfile_say_sampled(const struct snapfile *snap)
{
	char interval[UNITS_MAX];

	if (snap->snapshot && snapshot_interval(snap->snapshot))
		log_say("%s: one block in %s was recorded, so these are estimates (top --format table shows errors)", snap->file,
			units_size(interval, (int64_t)snapshot_interval(snap->snapshot), false));
}

void snapfile_close(struct snapfile *snap)
{
	snapshot_free(snap->snapshot);
	free(snap->file);
	*snap = (struct snapfile){0};
}

struct candidate {
	char *name;
	struct timespec time;
	int64_t pid; /* by its name */
	bool further; /* image, by its name */
	bool chosen_before;
};

struct candidates {
	ARRAY(struct candidate) all;
};

/* The newer ones first; names decide between files of the same time. */
static int compare(const void *a_data, const void *b_data)
{
	const struct candidate *a = a_data, *b = b_data;

	if (a->time.tv_sec != b->time.tv_sec)
		return a->time.tv_sec > b->time.tv_sec ? -1 : 1;
	if (a->time.tv_nsec != b->time.tv_nsec)
		return a->time.tv_nsec > b->time.tv_nsec ? -1 : 1;
	return strcmp(b->name, a->name);
}

/* PID of memtrace.PROG.PID.snap; 0 when it is none. */
static int64_t pid_of(const char *name)
{
	const char *end = strstr(name, ".snap"), *at;

	while (end && strstr(end + 1, ".snap"))
		end = strstr(end + 1, ".snap");
	for (at = end; at && at > name && at[-1] >= '0' && at[-1] <= '9'; at--)
		;
	return at && at < end ? strtoll(at, NULL, 10) : 0;
}

static void find(DIR *directory, struct candidates *candidates)
{
	struct dirent *entry;

	while ((entry = readdir(directory))) {
		bool first = fnmatch(FIRST_IMAGE, entry->d_name, 0) == 0;
		struct candidate *candidate;
		struct stat status;

		if (!first && fnmatch(FURTHER_IMAGE, entry->d_name, 0) != 0)
			continue;
		if (stat(entry->d_name, &status) < 0 || !S_ISREG(status.st_mode))
			continue;
		candidate = ARRAY_PUSH(&candidates->all);
		*candidate = (struct candidate){.name = xstrdup(entry->d_name), .time = status.st_mtim,
			.pid = first ? pid_of(entry->d_name) : 0, .further = !first};
	}
}

/* Whether the snapshot FILE tells of a child CHILD. */
static bool has_child(const char *file, int64_t child)
{
	struct error ignored = ERROR_INIT;
	struct snapshot *snapshot = snapshot_read(file, &ignored);
	bool has = false;

	for (size_t i = 0; snapshot && i < snapshot->run.follows.count && !has; i++)
		has = snapshot->run.follows.items[i].pid == child;
	snapshot_free(snapshot);
	return has;
}

/* A later image, or a process whose parent is here too: not what somebody has started by hand. */
static bool is_offspring(const struct candidates *candidates, const struct candidate *candidate)
{
	struct error ignored = ERROR_INIT;
	struct snapshot *snapshot;
	bool offspring;

	if (candidate->further)
		return true;
	snapshot = snapshot_read(candidate->name, &ignored);
	if (!snapshot)
		return false;
	offspring = snapshot->run.image > 0;
	for (size_t i = 0; i < candidates->all.count && !offspring; i++)
		offspring = candidates->all.items[i].pid && candidates->all.items[i].pid == snapshot->run.parent_pid &&
			    has_child(candidates->all.items[i].name, snapshot->run.pid);
	snapshot_free(snapshot);
	return offspring;
}

/* The Nth of the sorted ones, of those that nobody's are when there are so many. */
static struct candidate *choose(struct candidates *candidates, size_t n)
{
	for (int offspring = 0; offspring < 2; offspring++)
		for (size_t i = 0; i < candidates->all.count; i++) {
			struct candidate *candidate = &candidates->all.items[i];

			if (candidate->chosen_before || (!offspring && is_offspring(candidates, candidate)))
				continue;
			candidate->chosen_before = true;
			if (n-- == 0)
				return candidate;
		}
	return NULL;
}

static void leave_out(struct candidates *candidates, const char *name)
{
	const char *at = strrchr(name, '@');
	struct stat out, here;

	if (stat(name, &out) < 0) {
		char *file = xstrndup(name, at ? (size_t)(at - name) : 0);
		int rc = stat(file, &out);

		free(file);
		if (rc < 0)
			return;
	}
	for (size_t i = 0; i < candidates->all.count; i++)
		if (stat(candidates->all.items[i].name, &here) == 0 && here.st_dev == out.st_dev && here.st_ino == out.st_ino)
			candidates->all.items[i].chosen_before = true;
}

static char *found(struct candidates *candidates, size_t n, const char *but, struct error *err)
{
	struct candidate *candidate = choose(candidates, n);

	if (candidate) {
		log_say("reading %s, the %snewest here", candidate->name, n ? "second " : "");
		return xstrdup(candidate->name);
	}
	if (but)
		error_set(err, "only one snapshot is named, and there is no other memtrace.*.snap here");
	else
		error_set(err, "no snapshot named, and there %s memtrace.*.snap here", n ? "are not two" : "is no");
	error_hint(err, "memtrace run PROGRAM makes one");
	return NULL;
}

char *snapfile_newest(size_t n, const char *but, struct error *err)
{
	struct candidates candidates = {{0}};
	DIR *directory = opendir(".");
	char *name;

	if (!directory) {
		error_set(err, "cannot read the working directory: %s", strerror(errno));
		return NULL;
	}
	find(directory, &candidates);
	closedir(directory);
	if (candidates.all.count)
		qsort(candidates.all.items, candidates.all.count, sizeof(struct candidate),
			compare);
	if (but)
		leave_out(&candidates, but);
	name = found(&candidates, n, but, err);
	for (size_t i = 0; i < candidates.all.count; i++)
		free(candidates.all.items[i].name);
	ARRAY_FREE(&candidates.all);
	return name;
}
