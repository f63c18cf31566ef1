/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines as text: size, count, number, source. A first pass over the lines with blocks finds the widths, so that the columns
 * stand; "--" stands where lines were left out, as grep has it. Nothing else, for scripts; the source is as it is, unless a
 * terminal would obey it.
 *
 *     36.5 KiB  1559    17          struct word *w = calloc(1, sizeof *w);
 *                       18          w->text = strdup(text);
 */
#include <inttypes.h>
#include <stdio.h>
#include "base/units.h"
#include "report/annotation_widths.h"
#include "report/printer.h"
#include "report/safe.h"

void annotation_text(const struct annotation *annotation, struct out *out)
{
	const struct annotation_widths widths = annotation_widths(annotation);
	struct annotation_walk walk = {0};
	struct annotated_line line;
	char size[UNITS_MAX];

	while (annotation_next(annotation, &walk, &line)) {
		if (walk.gap)
			out_text(out, "--\n");
		if (line.has_blocks)
			out_format(out, "%*s  %*" PRId64, widths.size, units_size(size, line.size, false),
				widths.count, line.count);
		else
			out_format(out, "%*s", widths.size + 2 + widths.count, "");
		out_format(out, "  %*" PRIu32, widths.lineno, line.lineno);
		if (line.text.size)
			out_text(out, "  ");
		if (out->terminal)
			safe_write(out, line.text.data, line.text.size);
		else
			out_bytes(out, line.text.data, line.text.size);
		out_text(out, "\n");
	}
}
