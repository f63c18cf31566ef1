/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frames of memtrace-snapshot/1: its table of frames, and the stacks of its traces, whose
 * frames are indexes into that table, [filename, lineno], or objects. Modules that only frames name
 * are added to the snapshot.
 */
#ifndef REPORT_IMPORT_FRAMES_H
#define REPORT_IMPORT_FRAMES_H

#include "base/map.h"
#include "base/memory.h"
#include "model/snapshot_build.h"
#include "report/json_read.h"

struct known_frame {
	struct frame frame;
	struct location place; /* its address and module; n_frames is not used */
};

struct frame_import {
	struct snapshot_builder *builder; /* the caller's */
	struct error *err;		  /* the caller's */
	ARRAY(struct known_frame) table;  /* the document's frames */
	ARRAY(struct known_frame) stack;  /* of the trace being read, most recent first */
	ARRAY(struct frame) levels;	  /* of the location being made */
	struct map modules;		  /* path -> index of the first of its name */
};

/* When the snapshot's modules are in. */
void frame_import_init(struct frame_import *import, struct snapshot_builder *builder);
/* May be called on a zeroed one. */
void frame_import_release(struct frame_import *import);

/* The document's "frames", if it has any; before the first stack. */
int frame_import_table(struct frame_import *import, const struct json_object *document);
/* The "frames" of a trace, which must be there, as a stack of the snapshot and their number. */
int frame_import_stack(struct frame_import *import, const struct json_object *trace,
	uint32_t *stack, uint32_t *n_frames);

#endif
