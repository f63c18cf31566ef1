/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a frame of one snapshot to its place among the keys: what `--by` means. Also the rule for
 * frames without a line: they are grouped by module and function, without a symbol by address.
 */
#ifndef REPORT_PLACER_H
#define REPORT_PLACER_H

#include <stdint.h>
#include "report/keys.h"
#include "report/query.h"
#include "report/view.h"

struct placer {
	enum group_by by;
	const struct snapshot *snapshot;
	struct keys *keys;
	uint32_t *strings; /* by string_id of the snapshot: id among the keys' + 1; private */
	uint32_t *places;  /* by frame: place + 1, where the frame alone decides; private */
	string_id unknown; /* "<unknown>" among the keys' strings */
};

void placer_init(struct placer *placer, struct keys *keys, const struct snapshot *snapshot,
	enum group_by by);
void placer_release(struct placer *placer);

uint32_t placer_place(struct placer *placer, const struct view_frame *frame);
uint32_t placer_thread(struct placer *placer, uint32_t thread);
uint32_t placer_size(struct placer *placer, uint32_t class);
/* The process that a trace is of; by BY_PROGRAM its program. */
uint32_t placer_process(struct placer *placer, const struct trace *trace);
/* A string of the snapshot among those of the keys. */
string_id placer_string(struct placer *placer, string_id id);

#endif
