/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was asked, as members of the object that answers it.
 */
#ifndef REPORT_QUERY_JSON_H
#define REPORT_QUERY_JSON_H

#include "report/emit.h"
#include "report/query.h"

/* "cumulative": false, true or "once". */
void cumulative_json(struct emitter *emitter, const struct query *query);
/* "filters", "only_domain", "hide_std". */
void query_json(struct emitter *emitter, const struct query *query);

#endif
