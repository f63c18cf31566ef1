/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Snapshots as users name them: FILE, FILE@MOMENT, or none at all, which is the newest here.
 */
#ifndef CMD_SNAPFILE_H
#define CMD_SNAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "model/snapshot.h"

struct snapfile {
	char *file; /* without the moment */
	struct snapshot *snapshot;
	size_t moment; /* the one that was named, or the default one */
	bool named_moment;
};

/* Reads it. "a.snap@peak" is the file of that name if there is one, else the moment of a.snap. To
 * be closed either way; may be closed when zeroed. */
int snapfile_open(struct snapfile *snap, const char *name, struct error *err);
/* Chooses the moment NAME of --moment, unless it is NULL; an error also where one was named already. */
int snapfile_choose(struct snapfile *snap, const char *name, struct error *err);
/* Where its numbers are estimates, and what is printed has no place for that, says so on stderr. */
void snapfile_say_sampled(const struct snapfile *snap);
void snapfile_close(struct snapfile *snap);

/* The Nth newest (0: the newest) memtrace.*.snap in the working directory but that of the name BUT (or
 * NULL), malloc'ed: by the time it was written; what the user has started is preferred to its children
 * and to further images. Says on stderr which it is. NULL with an error when there is none. */
char *snapfile_newest(size_t n, const char *but, struct error *err);

#endif
