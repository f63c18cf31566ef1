/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --map-path OLD=NEW, of every command that shows or filters names of files.
 */
#ifndef CMD_MAP_PATH_H
#define CMD_MAP_PATH_H

#include "cmd/options.h"
#include "model/snapshot.h"
#include "report/path_map.h"

/* The row; FIELD, a struct option_list, is the command's to free. */
#define MAP_PATH_ROW(options_, field_)                                            \
	{                                                                         \
		.name = "map-path", .type = OPTION_LIST, .argument = "OLD=NEW",   \
		.offset = offsetof(options_, field_),                             \
		.summary = "show files of the folder OLD as those of NEW",        \
	}

/* Whether they are well formed: to be asked before files are read. */
int map_path_check(const struct option_list *list, struct error *err);
/* NAME as it is to be shown, among SNAPSHOT's strings. */
const char *map_path_name(const struct option_list *list, const struct snapshot *snapshot, const char *name);
/* Renames the files of the N snapshots; says on stderr which map fits none of them. */
void map_path_apply(const struct option_list *list, struct snapshot *const *snapshots, size_t n);

#endif
