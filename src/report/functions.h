/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions that a snapshot's frames are in, each once: most forms for other tools have a table
 * of them. Two frames are in one function when name, file and module are the same; one that nobody
 * has named is a function of its own, called by its label (label.h).
 *
 * All text is clean (label_clean) and interned in `strings`, to which a form may add its own.
 */
#ifndef REPORT_FUNCTIONS_H
#define REPORT_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/strings.h"
#include "report/view.h"

struct function {
	string_id name;
	string_id file;	  /* "": nobody knows the lines */
	string_id module; /* its path; "": none */
	bool named;	  /* false: the name is only a label */
};

struct functions {
	const struct snapshot *snapshot;
	struct strings *strings;
	ARRAY(struct function) items;
	uint32_t *by_frame; /* by frame of the snapshot: index into items */
	uint32_t unknown;   /* that of no frame */
	struct map map;	    /* private, as is what follows */
	struct buffer text;
};

void functions_init(struct functions *functions, const struct snapshot *snapshot);
void functions_release(struct functions *functions);

static inline uint32_t functions_find(
	const struct functions *functions, const struct view_frame *frame)
{
	return frame->frame ? functions->by_frame[frame->frame - functions->snapshot->frames.items]
			    : functions->unknown;
}
/* The clean form of a string of the snapshot. */
string_id functions_string(struct functions *functions, string_id id);

#endif
