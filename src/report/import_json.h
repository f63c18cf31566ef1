/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace-snapshot/1 back to a snapshot: the inverse of export_json.c, which also takes what
 *people write by hand. The smallest document:
 *
 *	{ "schema": "memtrace-snapshot/1", "traceback_limit": 8,
 *	  "traces": [ {"domain": 0, "size": 4096, "count": 1, "total_nframe": 2,
 *	               "frames": [["/src/buf.c", 31], ["/src/main.c", 12]]} ] }
 */
#ifndef REPORT_IMPORT_JSON_H
#define REPORT_IMPORT_JSON_H

#include <stddef.h>
#include "base/error.h"
#include "model/snapshot.h"

/* A snapshot that passes snapshot_check, or NULL with an error that names the place in the text or
 * in the document. */
struct snapshot *import_json(const char *text, size_t size, struct error *err);

#endif
