/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what lives_json.c wrote: what became of blocks. */
#ifndef REPORT_IMPORT_LIVES_H
#define REPORT_IMPORT_LIVES_H

#include "model/snapshot.h"
#include "report/json_read.h"

/* TRACES: by place in the document, the trace of SNAPSHOT; N of them. When traces are complete. */
int import_lives(const struct json_object *document, struct snapshot *snapshot, const uint32_t *traces, size_t n);

#endif
