/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The source around each place of a page, as far as its file can be read here and now.
 */
#ifndef REPORT_HTML_SOURCE_H
#define REPORT_HTML_SOURCE_H

#include "model/snapshot.h"
#include "report/emit.h"
#include "report/html_stacks.h"

/*
 * "sources": one object for each file that can be read: "file" (its name among the keys' strings), "newer" (it was written to
 * after the program began) and "lines" ([number, text] of those with a place and the few around them, ascending). Null
 * where STACKS is NULL: nobody wants them.
 */
void html_source_json(struct emitter *emitter, const struct html_stacks *stacks, const struct snapshot *snapshot);

#endif
