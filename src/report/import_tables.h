/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of memtrace-snapshot/1 beside its traces: run, moments, domains, threads, modules.
 * Written by snapshot_document.h.
 */
#ifndef REPORT_IMPORT_TABLES_H
#define REPORT_IMPORT_TABLES_H

#include "model/snapshot.h"
#include "report/json_read.h"

/* Reads them from the document into a new snapshot; -1 with the error in DOCUMENT. Each may be
 * missing. */
int import_tables(const struct json_object *document, struct snapshot *snapshot);

#endif
