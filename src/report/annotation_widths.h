/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How wide the numbers beside a source file are, for those who print them in columns.
 */
#ifndef REPORT_ANNOTATION_WIDTHS_H
#define REPORT_ANNOTATION_WIDTHS_H

#include "report/annotation.h"

struct annotation_widths {
	int size, count, lineno;
};

struct annotation_widths annotation_widths(const struct annotation *annotation);

#endif
