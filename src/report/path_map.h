/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of source files, from those of the machine that compiled them to those of this one: gdb's "set substitute-path". A map
 * is OLD=NEW; OLD stands for itself and all that is in it: its whole components begin the name ("/build" is not the
 * beginning of "/builder/a.c"). Of several maps the first that fits is used, once.
 */
#ifndef REPORT_PATH_MAP_H
#define REPORT_PATH_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/memory.h"
#include "model/snapshot.h"

struct path_map {
	char *from, *to; /* owned; without slashes at their ends, so "/" is "" */
	bool absolute;	 /* from was "/": all absolute names */
	bool used;
};

struct path_maps {
	ARRAY(struct path_map) all;
};

/* Adds what TEXT says: "OLD=NEW". An empty NEW makes names relative to the working directory. */
int path_maps_add(struct path_maps *maps, const char *text, struct error *err);
void path_maps_release(struct path_maps *maps);

/* NAME's new one among STRINGS, or NAME itself, where no map fits. */
string_id path_maps_name(struct path_maps *maps, struct strings *strings, string_id name);
/* Renames the files of all frames that have a line; what is not named by a source file keeps its module's name. */
void path_maps_apply(struct path_maps *maps, struct snapshot *snapshot);

#endif
