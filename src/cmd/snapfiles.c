/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several are read, merged in memory and let go. What the merge leaves out, since it cannot be added up, is of no interest to who
 * only looks; what it adds up wrongly, like the same process twice, is said. Children are found by what their parents' snapshots
 * tell of them, in the parent's folder, each file once.
 */
#include "cmd/snapfiles.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd/log.h"
#include "cmd/progress.h"
#include "model/snapshot_merge.h"

struct opened {
	ARRAY(struct snapfile) all;
	size_t missing; /* children whose files are not there */
};

static int open_named(struct opened *opened, char *const *names, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct snapfile *snap = ARRAY_PUSH(&opened->all);

		if (snapfile_open(snap, names[i], err) < 0)
			return -1;
		if (!snap->named_moment)
			continue;
		error_set(err, "'%s' is a moment of one snapshot, and there are several", names[i]);
		return error_hint(err, "--moment %s is that of each", names[i] + strlen(snap->file) + 1);
	}
	return 0;
}

static bool is_open(const struct opened *opened, const char *name)
{
	for (size_t i = 0; i < opened->all.count; i++) {
		if (strcmp(opened->all.items[i].file, name) == 0)
			return true;
	}
	return false;
}

/* Those that the one at INDEX tells of; they come behind all others, and tell of theirs when it is their turn. */
static int open_children(struct opened *opened, size_t index, struct error *err)
{
	const struct snapshot *snapshot = opened->all.items[index].snapshot;
	char *parent = xstrdup(opened->all.items[index].file);
	int folder = (int)(strrchr(parent, '/') ? strrchr(parent, '/') + 1 - parent : 0), rc = 0;

	for (size_t i = 0; i < snapshot->run.follows.count && rc == 0; i++) {
		const char *file = strings_get(snapshot->strings, snapshot->run.follows.items[i].file);
		char *name = *file == '/' ? xstrdup(file) : xasprintf("%.*s%s", folder, parent, file);

		if (*file && access(name, F_OK) != 0)
			opened->missing++;
		else if (*file && !is_open(opened, name))
			rc = snapfile_open(ARRAY_PUSH(&opened->all), name, err);
		free(name);
	}
	free(parent);
	return rc;
}

static int open_all(struct opened *opened, const struct snapfiles *files, struct error *err)
{
	int rc = open_named(opened, files->names, files->n, err);

	for (size_t i = 0; files->children && i < opened->all.count && rc == 0; i++)
		rc = open_children(opened, i, err);
	if (opened->missing)
		log_say("%zu snapshot%s of processes that followed %s not here", opened->missing, opened->missing == 1 ? "" : "s",
			opened->missing == 1 ? "is" : "are");
	return rc;
}

static int merge_all(struct snapfile *snap, const struct opened *opened, struct error *err)
{
	size_t n = opened->all.count;
	struct merge_source *sources = xcalloc(n, sizeof(*sources));
	struct merge_notes notes = {.only_wrong = true};
	int moment;

	for (size_t i = 0; i < n; i++)
		sources[i] = (struct merge_source){opened->all.items[i].snapshot, opened->all.items[i].file};
	progress_begin();
	progress_tell("merging %zu snapshots", n);
	snap->snapshot = snapshot_merge(sources, n, &notes, err);
	progress_end();
	snap->file = xasprintf("%s and %zu more", opened->all.items[0].file, n - 1);
	for (size_t i = 0; i < notes.all.count; i++)
		log_say("%s", notes.all.items[i]);
	merge_notes_release(&notes);
	free(sources);
	if (!snap->snapshot)
		return -1;
	moment = snapshot_moment(snap->snapshot, NULL, err);
	snap->moment = moment < 0 ? 0 : (size_t)moment;
	return 0;
}

static int open_several(struct snapfile *snap, const struct snapfiles *files, struct error *err)
{
	struct opened opened = {.missing = 0};
	int rc = open_all(&opened, files, err);

	if (rc == 0 && opened.all.count == 1) {
		*snap = opened.all.items[0];
		opened.all.count = 0;
	} else if (rc == 0) {
		rc = merge_all(snap, &opened, err);
	}
	for (size_t i = 0; i < opened.all.count; i++)
		snapfile_close(&opened.all.items[i]);
	ARRAY_FREE(&opened.all);
	return rc;
}

int snapfiles_open(struct snapfile *snap, const struct snapfiles *files, struct error *err)
{
	struct snapfiles these = *files;
	char *newest = NULL;
	int rc;

	*snap = (struct snapfile){0};
	if (files->n == 0) {
		newest = snapfile_newest(0, files->but, err);
		if (!newest)
			return -1;
		these.names = &newest;
		these.n = 1;
	}
	if (these.n > 1 || these.children)
		rc = open_several(snap, &these, err);
	else
		rc = snapfile_open(snap, these.names[0], err);
	free(newest);
	return rc < 0 ? rc : snapfile_choose(snap, files->moment, err);
}
