/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding snapshots. Files are told apart by their names alone, as run makes them:
 * memtrace.PROG.PID.snap, and with .PID (.PID.2 …) behind it for further images.
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
#include "cmd/log.h"

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
	snap->snapshot = snapshot_read(snap->file, err);
	if (!snap->snapshot)
		return -1;
	moment = snapshot_moment(snap->snapshot, snap->named_moment ? at + 1 : NULL, err);
	if (moment < 0)
		return error_prefix(err, "%s", snap->file);
	snap->moment = (size_t)moment;
	return 0;
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
	bool first_image;
};

struct candidates {
	ARRAY(struct candidate) all;
};

/* The better ones first; names decide between files of the same time. */
static int compare(const void *a_data, const void *b_data)
{
	const struct candidate *a = a_data, *b = b_data;

	if (a->first_image != b->first_image)
		return a->first_image ? -1 : 1;
	if (a->time.tv_sec != b->time.tv_sec)
		return a->time.tv_sec > b->time.tv_sec ? -1 : 1;
	if (a->time.tv_nsec != b->time.tv_nsec)
		return a->time.tv_nsec > b->time.tv_nsec ? -1 : 1;
	return strcmp(b->name, a->name);
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
		candidate->name = xstrdup(entry->d_name);
		candidate->time = status.st_mtim;
		candidate->first_image = first;
	}
}

char *snapfile_newest(size_t n, struct error *err)
{
	struct candidates candidates = {{0}};
	DIR *directory = opendir(".");
	char *name = NULL;

	if (!directory) {
		error_set(err, "cannot read the working directory: %s", strerror(errno));
		return NULL;
	}
	find(directory, &candidates);
	closedir(directory);
	if (candidates.all.count)
		qsort(candidates.all.items, candidates.all.count, sizeof(struct candidate),
			compare);
	if (n < candidates.all.count) {
		name = xstrdup(candidates.all.items[n].name);
		log_say("reading %s, the %snewest here", name, n ? "second " : "");
	} else {
		error_set(err, "no snapshot named, and there %s memtrace.*.snap here",
			n ? "are not two" : "is no");
		error_hint(err, "memtrace run PROGRAM makes one");
	}
	for (size_t i = 0; i < candidates.all.count; i++)
		free(candidates.all.items[i].name);
	ARRAY_FREE(&candidates.all);
	return name;
}
