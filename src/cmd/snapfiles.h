/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One snapshot, or several looked at as one: the processes of a build or of a server, as `merge` puts them together.
 */
#ifndef CMD_SNAPFILES_H
#define CMD_SNAPFILES_H

#include "cmd/snapfile.h"

struct snapfiles {
	char *const *names; /* none: the newest here */
	size_t n;
	const char *but;    /* not this one for it; or NULL */
	const char *moment; /* of --moment, or NULL; of several each is looked at at its own of that name */
	bool children;	    /* with all processes and images that followed, as far as they have a file */
};

#define CHILDREN_ROW(struct_, field_) \
	{ .name = "children", .type = OPTION_FLAG, .offset = offsetof(struct_, field_), \
	  .summary = "with the snapshots of all processes that it started" }

/* To be closed with snapfile_close either way. */
int snapfiles_open(struct snapfile *snap, const struct snapfiles *files, struct error *err);

#endif
