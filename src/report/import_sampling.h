/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a document says of how its blocks were sampled, and how far its estimates may be off.
 */
#ifndef REPORT_IMPORT_SAMPLING_H
#define REPORT_IMPORT_SAMPLING_H

#include "model/snapshot.h"
#include "report/json_read.h"

/* TRACES: by a trace's index in the document its index in SNAPSHOT, N of them. */
int import_sampling(const struct json_object *document, struct snapshot *snapshot, const uint32_t *traces, size_t n);

#endif
