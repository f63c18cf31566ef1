/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the rules are about, measured. A rule on all blocks reads a sum that the snapshot has; a rule
 * on a place walks the traces, and asks each name once whether it matches. A block is counted once
 * for a rule, whatever number of its frames match.
 *
 * Places are those of the most recent frame, as in top, so that a rule can be read off its rows.
 */
#include <stdlib.h>
#include <string.h>
#include "report/budget.h"
#include "report/glob.h"
#include "report/snapshot_json.h"
#include "report/view.h"

struct measured {
	uint64_t value;
	double variance;
};

enum answer { UNASKED, YES, NO };

struct measure {
	struct budget *budget;
	struct view view;
	uint8_t *answers; /* enum answer, by string_id */
	bool all_frames;
};

static bool name_matches(struct measure *measure, string_id id)
{
	const struct strings *strings = measure->view.snapshot->strings;
	const struct budget *budget = measure->budget;
	const char *name = strings_get(strings, id);
	size_t size = strings_size(strings, id);

	if (measure->answers[id] == UNASKED)
		measure->answers[id] = glob_matches(budget->glob, name, size) ||
						       (budget->tail &&
							       glob_matches(budget->tail, name, size))
					       ? YES
					       : NO;
	return measure->answers[id] == YES;
}

static bool frame_matches(struct measure *measure, const struct view_frame *at)
{
	const struct budget *budget = measure->budget;
	const struct snapshot *snapshot = measure->view.snapshot;

	if (!at->frame)
		return false;
	switch (budget->place) {
	case BUDGET_LINE:
		return at->frame->lineno == budget->lineno &&
		       name_matches(measure, at->frame->filename);
	case BUDGET_FILE:
		return name_matches(measure, at->frame->filename);
	case BUDGET_FUNCTION:
		return at->frame->function && name_matches(measure, at->frame->function);
	case BUDGET_MODULE:
		return at->location->module != INDEX_NONE &&
		       name_matches(measure, snapshot->modules.items[at->location->module].path);
	case BUDGET_ALL:
		break;
	}
	return true;
}

static bool trace_matches(struct measure *measure, const struct trace *trace)
{
	struct view_walk walk = view_walk(&measure->view, trace->stack);
	struct view_frame at;

	while (view_next(&walk, &at)) {
		if (frame_matches(measure, &at))
			return true;
		if (!measure->all_frames)
			return false;
	}
	return false;
}

static uint64_t trace_value(const struct measure *measure, size_t index)
{
	const struct trace *trace = &measure->view.snapshot->traces.items[index];
	struct counts counts = view_counts(&measure->view, index);

	switch (measure->budget->metric) {
	case BUDGET_TOTAL_SIZE:
		return trace->total_size;
	case BUDGET_TOTAL_COUNT:
		return trace->total_count;
	case BUDGET_COUNT:
		return counts.count;
	default:
		return counts.size;
	}
}

static double variance_of(const struct budget *budget, struct variance variance)
{
	return budget_is_size(budget) ? variance.size : variance.count;
}

static bool is_total(const struct budget *budget)
{
	return budget->metric == BUDGET_TOTAL_SIZE || budget->metric == BUDGET_TOTAL_COUNT;
}

static int no_peak(const struct budget *budget, const struct side *side, struct error *err)
{
	error_set(err, "%s does not know its peak, which '%s' limits", side->file, budget->text);
	return error_hint(err, "limit what was live at its moment: current=…");
}

/* Sums stay in range: snapshot_check has seen to it. */
static int measure_place(const struct budgets *budgets, struct budget *budget,
	const struct side *side, struct measured *found, struct error *err)
{
	const struct snapshot *snapshot = side->snapshot;
	struct measure measure = {.budget = budget, .all_frames = budgets->all_frames};
	size_t moment = side->moment;

	if (budget->metric == BUDGET_PEAK) {
		int peak = snapshot_moment(snapshot, "peak", err);

		if (peak < 0)
			return no_peak(budget, side, err);
		moment = (size_t)peak;
	}
	view_init(&measure.view, snapshot, moment, budgets->hide_standard);
	measure.answers = xcalloc(strings_count(snapshot->strings), 1);
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		if (!trace_matches(&measure, &snapshot->traces.items[i]))
			continue;
		budget->met = true;
		found->value += trace_value(&measure, i);
		found->variance += variance_of(budget, snapshot_variance(snapshot, is_total(budget) ? INDEX_NONE : moment, i));
	}
	free(measure.answers);
	view_release(&measure.view);
	return 0;
}

static double variance_of_all(const struct budget *budget, const struct side *side)
{
	const struct snapshot *snapshot = side->snapshot;
	struct error ignored = ERROR_INIT;
	int peak = snapshot_moment(snapshot, "peak", &ignored);

	if (is_total(budget))
		return variance_of(budget, snapshot_variance(snapshot, INDEX_NONE, INDEX_NONE));
	if (budget->metric == BUDGET_PEAK)
		return peak < 0 ? 0 : variance_of(budget, snapshot_moment_variance(snapshot, (size_t)peak));
	return variance_of(budget, snapshot_moment_variance(snapshot, side->moment));
}

static int measure_all(
	const struct budget *budget, const struct side *side, struct measured *found, struct error *err)
{
	const struct snapshot *snapshot = side->snapshot;
	uint64_t *value = &found->value;
	const struct counts *live = &snapshot->moments.items[side->moment].live;

	found->variance = variance_of_all(budget, side);
	switch (budget->metric) {
	case BUDGET_CURRENT:
		*value = live->size;
		return 0;
	case BUDGET_COUNT:
		*value = live->count;
		return 0;
	case BUDGET_TOTAL_SIZE:
		*value = snapshot->run.total_size;
		return 0;
	case BUDGET_TOTAL_COUNT:
		*value = snapshot->run.total_count;
		return 0;
	case BUDGET_PEAK:
		break;
	}
	if (!snapshot_knows_peak(snapshot))
		return no_peak(budget, side, err);
	*value = snapshot->run.peak_size;
	return 0;
}

static int measure(struct budgets *budgets, struct budget *budget, const struct side *side,
	struct measured *found, struct error *err)
{
	budget->is_estimate |= snapshot_interval(side->snapshot) != 0;
	if (budget->place == BUDGET_ALL)
		return measure_all(budget, side, found, err);
	return measure_place(budgets, budget, side, found, err);
}

/* An estimate breaks a rule where chance alone does not explain it: what is over the limit is more than the error. */
static void judge(struct budget *budget, const struct measured *now, const struct measured *then)
{
	double share = budget->percent ? 1 + (double)budget->limit / (100.0 * BUDGET_PERCENT) : 1;
	uint64_t allowed;

	budget->value = now->value;
	budget->base = then->value;
	budget->error = (uint64_t)variance_error(now->variance + share * share * then->variance);
	allowed = budget_allowed(budget);
	budget->broken = budget->value > allowed && budget->value - allowed > budget->error;
	budget->in_doubt = budget->value > allowed && !budget->broken;
}

int budgets_measure(struct budgets *budgets, const struct side *now, const struct side *base,
	struct error *err)
{
	budgets->broken = 0;
	for (size_t i = 0; i < budgets->all.count; i++) {
		struct budget *budget = &budgets->all.items[i];
		struct measured of_now = {0, 0}, of_base = {0, 0};

		if (budget->any_metric && !(snapshot_knows_peak(now->snapshot) &&
						  snapshot_knows_peak(base->snapshot)))
			budget->metric = BUDGET_CURRENT;
		if (measure(budgets, budget, now, &of_now, err) < 0)
			return -1;
		if (budget->growth && measure(budgets, budget, base, &of_base, err) < 0)
			return -1;
		budget->met |= budget->place == BUDGET_ALL;
		judge(budget, &of_now, &of_base);
		budgets->broken += budget->broken;
	}
	return 0;
}
