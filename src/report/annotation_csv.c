/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines with their bytes as comma-separated values: those that have blocks, or all of the file when that was asked.
 */
#include <inttypes.h>
#include "report/csv.h"
#include "report/emit.h"
#include "report/printer.h"

static void line_write(const struct annotated_line *line, struct out *out)
{
	char average[DOUBLE_TEXT_MAX];

	out_format(out, "%" PRIu32 ",%" PRId64 ",%" PRId64 ",", line->lineno, line->size, line->count);
	if (line->count)
		out_text(out, double_text(average, (double)((long double)line->size / line->count)));
	out_text(out, ",");
	csv_field(out, line->function.data, line->function.size);
	out_text(out, ",");
	if (line->text.data)
		csv_field(out, line->text.data, line->text.size);
	out_text(out, "\n");
}

void annotation_csv(const struct annotation *annotation, struct out *out)
{
	struct annotation_walk walk = {0};
	struct annotated_line line;

	out_text(out, "lineno,size,count,average,function,source\n");
	while (annotation_next(annotation, &walk, &line)) {
		if (line.has_blocks || annotation->all)
			line_write(&line, out);
	}
}
