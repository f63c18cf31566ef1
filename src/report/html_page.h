/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `memtrace report`: a snapshot, or the difference of two, as one HTML page that needs nothing but a browser. What the page looks
 * like and does is in page/, which the build puts into the binary (scripts/embed-page); here its data are written. All moments and
 * all stacks that filters keep are in it: which of them are shown, and by what they are grouped, is the reader's to choose.
 */
#ifndef REPORT_HTML_PAGE_H
#define REPORT_HTML_PAGE_H

#include <stdbool.h>
#include "base/error.h"
#include "base/out.h"
#include "report/query.h"
#include "report/table.h"

struct html_page {
	struct side now;
	struct side before;	   /* its snapshot is NULL: no difference */
	const struct query *query; /* filters and the domain; hide_standard is how the page opens; full_names */
	bool sources;		   /* with the source lines around each place, as far as files can be read here */
};

/* -1 when the snapshot is too large for a page; whether OUT failed is for out_finish to tell. */
int html_page_write(const struct html_page *page, struct out *out, struct error *err);

#endif
