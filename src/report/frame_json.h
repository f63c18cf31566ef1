/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames as the contract's objects: {"filename", "lineno", "function", "module", "address",
 * "inlined"}, null where a thing is unknown or differs.
 */
#ifndef REPORT_FRAME_JSON_H
#define REPORT_FRAME_JSON_H

#include "report/emit.h"
#include "report/table.h"

/* One object. */
void frame_json(struct emitter *emitter, const char *key, const struct row_frame *frame);
/* An array of them, oldest first. */
void frames_json(struct emitter *emitter, const char *key, const struct row_frames *frames);

#endif
