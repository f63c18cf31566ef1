/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The judgement as text and as JSON. Sizes are written in bytes with their rounding behind them:
 * near a limit the rounding alone would say that 64.0 MiB are more than 64.0 MiB.
 */
#include <inttypes.h>
#include <string.h>
#include "base/units.h"
#include "report/budget.h"
#include "report/emit.h"
#include "report/safe.h"
#include "report/snapshot_json.h"

static void amount(const struct budget *budget, uint64_t value, struct out *out)
{
	char text[UNITS_MAX];

	if (!budget_is_size(budget)) {
		out_format(out, "%" PRIu64 " block%s", value, value == 1 ? "" : "s");
		return;
	}
	out_format(out, "%" PRIu64 " B", value);
	if (value >= 10 * 1024 && value <= INT64_MAX)
		out_format(out, " (%s)", units_size(text, (int64_t)value, false));
}

static double grown_percent(const struct budget *budget)
{
	return ((double)budget->value - (double)budget->base) * 100 / (double)budget->base;
}

static void line(const struct budget *budget, struct out *out)
{
	out_text(out, budget->broken ? "broken: " : "ok: ");
	if (budget->growth)
		out_text(out, "growth of ");
	if (budget->any_metric)
		out_format(out, "%s=", budget_metric_name(budget->metric));
	safe_write(out, budget->text, strlen(budget->text));
	out_text(out, ": ");
	amount(budget, budget->value, out);
	if (budget->is_estimate) {
		out_text(out, " \xc2\xb1");
		amount(budget, budget->error, out);
	}
	if (budget->growth) {
		out_text(out, ", was ");
		amount(budget, budget->base, out);
		if (budget->base)
			out_format(out, ", %+.2f %%", grown_percent(budget));
	}
	out_text(out, ", at most ");
	amount(budget, budget_allowed(budget), out);
	if (budget->in_doubt)
		out_text(out, " (over it within the error of sampling, so not broken)");
	if (!budget->met)
		out_text(out, " (nothing was allocated there)");
	out_text(out, "\n");
}

void budgets_text(const struct budgets *budgets, struct out *out)
{
	for (int broken = 1; broken >= 0; broken--) {
		for (size_t i = 0; i < budgets->all.count; i++) {
			if (budgets->all.items[i].broken == broken)
				line(&budgets->all.items[i], out);
		}
	}
}

static void place(struct emitter *emitter, const struct budget *budget)
{
	if (budget->place == BUDGET_ALL) {
		emit_null(emitter, "place");
		return;
	}
	emit_begin(emitter, "place", '{');
	emit_string(emitter, "kind", budget_place_name(budget->place));
	emit_string(emitter, "pattern", budget->pattern);
	if (budget->place == BUDGET_LINE)
		emit_int(emitter, "lineno", budget->lineno);
	else
		emit_null(emitter, "lineno");
	emit_end(emitter);
}

static void rule(struct emitter *emitter, const struct budget *budget)
{
	emit_begin(emitter, NULL, '{');
	emit_string(emitter, "rule", budget->text);
	emit_string(emitter, "kind", budget->growth ? "max-growth" : "max");
	emit_string(emitter, "metric", budget_metric_name(budget->metric));
	place(emitter, budget);
	emit_bool(emitter, "ok", !budget->broken);
	emit_uint(emitter, "value", budget->value);
	if (budget->growth) {
		emit_uint(emitter, "base", budget->base);
		emit_int(emitter, "growth", (int64_t)(budget->value - budget->base));
	} else {
		emit_null(emitter, "base");
		emit_null(emitter, "growth");
	}
	if (budget->growth && budget->base)
		emit_double(emitter, "growth_percent", grown_percent(budget));
	else
		emit_null(emitter, "growth_percent");
	emit_uint(emitter, "allowed", budget_allowed(budget));
	emit_bool(emitter, "matched", budget->met);
	if (budget->is_estimate) {
		emit_uint(emitter, "error", budget->error);
		emit_bool(emitter, "in_doubt", budget->in_doubt);
	}
	emit_end(emitter);
}

static void side(struct emitter *emitter, const char *moment_key, const char *key,
	const struct side *side)
{
	if (!side) {
		emit_null(emitter, moment_key);
		emit_null(emitter, key);
		return;
	}
	emit_id(emitter, moment_key, side->snapshot->strings,
		side->snapshot->moments.items[side->moment].name);
	snapshot_json(emitter, key, side->snapshot, side->file);
}

void budgets_json(const struct budgets *budgets, const struct side *now, const struct side *base,
	struct out *out)
{
	struct emitter emitter = {.out = out};

	emit_begin(&emitter, NULL, '{');
	emit_string(&emitter, "schema", "memtrace-check/1");
	emit_bool(&emitter, "ok", budgets->broken == 0);
	emit_uint(&emitter, "broken", budgets->broken);
	emit_bool(&emitter, "all_frames", budgets->all_frames);
	emit_bool(&emitter, "hide_std", budgets->hide_standard);
	side(&emitter, "moment", "snapshot", now);
	side(&emitter, "base_moment", "base", base);
	emit_begin(&emitter, "rules", '[');
	for (size_t i = 0; i < budgets->all.count; i++)
		rule(&emitter, &budgets->all.items[i]);
	emit_end(&emitter);
	emit_end(&emitter);
}
