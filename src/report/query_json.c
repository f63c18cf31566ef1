/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filters as they were given, null for what one does not look at.
 */
#include "report/query_json.h"

void cumulative_json(struct emitter *emitter, const struct query *query)
{
	if (query->cumulative == CUMULATIVE_ONCE)
		emit_string(emitter, "cumulative", "once");
	else
		emit_bool(emitter, "cumulative", query->cumulative == CUMULATIVE_FRAMES);
}

void query_json(struct emitter *emitter, const struct query *query)
{
	emit_begin(emitter, "filters", '[');
	for (size_t i = 0; i < query->filters.all.count; i++) {
		const struct filter *filter = &query->filters.all.items[i];

		emit_begin(emitter, NULL, '{');
		emit_bool(emitter, "inclusive", filter->inclusive);
		if (filter->pattern)
			emit_text(emitter, "pattern", filter->pattern, filter->pattern_size);
		else
			emit_null(emitter, "pattern");
		if (filter->lineno != FILTER_NO_LINE)
			emit_int(emitter, "lineno", filter->lineno);
		else
			emit_null(emitter, "lineno");
		emit_bool(emitter, "all_frames", filter->all_frames);
		if (filter->domain != FILTER_NO_DOMAIN)
			emit_int(emitter, "domain", filter->domain);
		else
			emit_null(emitter, "domain");
		emit_end(emitter);
	}
	emit_end(emitter);
	if (query->only_domain != QUERY_NO_DOMAIN)
		emit_int(emitter, "only_domain", query->only_domain);
	else
		emit_null(emitter, "only_domain");
	emit_bool(emitter, "hide_std", query->hide_standard);
}
