/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a document says twice it must say alike: a number that was changed in one place only, by jq or by hand, would
 * else be shown here and not there.
 */
#ifndef REPORT_IMPORT_CHECK_H
#define REPORT_IMPORT_CHECK_H

#include "model/snapshot.h"
#include "report/json_read.h"

/* Of one trace, whose counts LIVE at the default moment have been read: what was ever allocated is no less. */
int import_check_trace(const struct json_object *trace, const struct counts *live);
/* Of the whole document, whose SNAPSHOT has its sums: those that "run" gives, and the blocks. */
int import_check(const struct json_object *document, const struct snapshot *snapshot);

#endif
