/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Of the lines with blocks; numbers of lines grow, so the last one that is shown decides.
 */
#include "report/annotation_widths.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/units.h"

static void widen(int *width, int needed)
{
	if (*width < needed)
		*width = needed;
}

struct annotation_widths annotation_widths(const struct annotation *annotation)
{
	struct annotation_widths widths = {0};
	uint64_t last = annotation->all ? annotation->n_lines : 0;
	char text[UNITS_MAX];

	for (size_t i = 0; i < annotation->lines.count; i++) {
		const struct annotated_line *line = &annotation->lines.items[i];

		widen(&widths.size, (int)strlen(units_size(text, line->size, false)));
		widen(&widths.count, snprintf(text, sizeof text, "%" PRId64, line->count));
		if (line->lineno > last)
			last = line->lineno;
	}
	/* The lines around the last one, as far as there are any. */
	if (last < annotation->n_lines)
		last = annotation->n_lines - last > annotation->context ? last + annotation->context : annotation->n_lines;
	widen(&widths.lineno, snprintf(text, sizeof text, "%" PRIu64, last));
	return widths;
}
