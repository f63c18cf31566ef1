/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules as text to rules, and the judgement. Everything is in integers, percents too, so that a
 * program that grew by exactly 5 % is within 5 %. The last `=` parts what from how much: functions
 * may be called operator==.
 */
#include "report/budget.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "report/glob.h"

#define PERCENT_DIGITS 6 /* behind the point */

static const char *const metric_names[] = {
	[BUDGET_CURRENT] = "current",
	[BUDGET_PEAK] = "peak",
	[BUDGET_COUNT] = "count",
	[BUDGET_TOTAL_SIZE] = "total_size",
	[BUDGET_TOTAL_COUNT] = "total_count",
};

static const char *const place_names[] = {
	[BUDGET_ALL] = NULL,
	[BUDGET_FILE] = "file",
	[BUDGET_LINE] = "line",
	[BUDGET_FUNCTION] = "function",
	[BUDGET_MODULE] = "module",
};

const char *budget_metric_name(enum budget_metric metric)
{
	return metric_names[metric];
}

const char *budget_place_name(enum budget_place place)
{
	return place_names[place];
}

static int find(const char *const *names, int n, const char *name, size_t size)
{
	for (int i = 0; i < n; i++) {
		if (names[i] && strlen(names[i]) == size && memcmp(names[i], name, size) == 0)
			return i;
	}
	return -1;
}

static int find_metric(const char *name, size_t size)
{
	return find(metric_names, sizeof(metric_names) / sizeof(*metric_names), name, size);
}

static int read_percent(const char *text, uint64_t *limit)
{
	const char *at = text;
	uint64_t value = 0;
	int digits = 0;

	for (; *at >= '0' && *at <= '9' && value <= UINT32_MAX; at++, digits++)
		value = value * 10 + (uint64_t)(*at - '0');
	if (!digits || value > UINT32_MAX)
		return -1;
	value *= BUDGET_PERCENT;
	if (*at == '.') {
		uint64_t unit = BUDGET_PERCENT;

		for (at++, digits = 0; *at >= '0' && *at <= '9'; at++, digits++) {
			unit /= 10;
			value += unit * (uint64_t)(*at - '0');
		}
		if (!digits || digits > PERCENT_DIGITS)
			return -1;
	}
	*limit = value;
	return *at == '%' && !at[1] ? 0 : -1;
}

static int read_limit(struct budget *budget, const char *text, struct error *err)
{
	size_t size = strlen(text);
	char *end;

	budget->percent = size && text[size - 1] == '%';
	if (budget->percent && !budget->growth) {
		error_set(err, "'%s' is not a size or count", text);
		return error_hint(err, "percents are of growth: --base OLD --max-growth %s",
			budget->text);
	}
	if (budget->percent && read_percent(text, &budget->limit) < 0)
		return error_set(err, "'%s' is not a percentage such as 5%% or 2.5%%", text);
	if (budget->percent)
		return 0;
	if (budget_is_size(budget))
		return units_parse(text, &budget->limit, err);
	errno = 0;
	budget->limit = strtoull(text, &end, 10);
	if (!size || strspn(text, "0123456789") != size || errno || budget->limit > INT64_MAX)
		return error_set(err, "'%s' is not a count", text);
	return 0;
}

static int bad_place(const char *text, size_t size, struct error *err)
{
	error_set(err, "'%.*s' is nothing that can be limited", (int)size, text);
	return error_hint(err, "that is one of " BUDGET_METRIC_NAMES ", or a place: file:GLOB, "
			       "line:GLOB:N, function:GLOB or module:GLOB");
}

/* The line behind the last colon of a pattern that is SIZE long; the size without it, or 0. */
static size_t cut_line(struct budget *budget, const char *pattern, size_t size)
{
	size_t at = size;
	int64_t scale = 1;

	for (; at && pattern[at - 1] >= '0' && pattern[at - 1] <= '9'; at--, scale *= 10) {
		if (size - at >= 10)
			return 0;
		budget->lineno += (pattern[at - 1] - '0') * scale;
	}
	return at > 1 && at < size && pattern[at - 1] == ':' ? at - 1 : 0;
}

static int read_pattern(
	struct budget *budget, const char *pattern, size_t size, struct error *err)
{
	char *behind;

	if (size == 0)
		return error_set(err, "no name behind '%s'", place_names[budget->place]);
	if (budget->place == BUDGET_LINE) {
		size_t shorter = cut_line(budget, pattern, size);

		if (!shorter) {
			error_set(err, "'%.*s' is no FILE:LINE", (int)size, pattern);
			return error_hint(err, "line:src/parse.c:77=1M");
		}
		size = shorter;
	}
	budget->pattern = xstrndup(pattern, size);
	budget->glob = glob_new(pattern, size);
	if (budget->place == BUDGET_FUNCTION || *pattern == '/' || *pattern == '*')
		return 0;
	behind = xasprintf("*/%s", budget->pattern);
	budget->tail = glob_new(behind, size + 2);
	free(behind);
	return 0;
}

/* [METRIC:]PLACE:GLOB or METRIC, SIZE bytes of TEXT. */
static int read_what(struct budget *budget, const char *text, size_t size, struct error *err)
{
	const char *colon = memchr(text, ':', size);
	size_t word = colon ? (size_t)(colon - text) : size, begin = 0;
	int metric = find_metric(text, word), place;

	if (metric >= 0) {
		budget->metric = (enum budget_metric)metric;
		if (!colon)
			return 0;
		begin = word + 1;
		colon = memchr(text + begin, ':', size - begin);
		word = colon ? (size_t)(colon - text) - begin : size - begin;
	}
	place = find(place_names, sizeof(place_names) / sizeof(*place_names), text + begin, word);
	if (place < 0)
		return bad_place(text + begin, word, err);
	if (!colon)
		return error_set(err, "no name behind '%s'", place_names[place]);
	budget->place = (enum budget_place)place;
	return read_pattern(budget, colon + 1, size - begin - word - 1, err);
}

int budgets_add(struct budgets *budgets, bool growth, const char *text, struct error *err)
{
	struct budget *budget = ARRAY_PUSH(&budgets->all);
	const char *equals = strrchr(text, '=');

	budget->text = text;
	budget->growth = growth;
	if (!equals && growth) {
		budget->metric = BUDGET_PEAK;
		budget->any_metric = true;
		return read_limit(budget, text, err);
	}
	if (!equals || equals == text) {
		error_set(err, "'%s' is no rule", text);
		return error_hint(err, "a rule is WHAT=LIMIT: peak=64M, file:src/parse.c=2M, "
				       "count:function:new_node=1000");
	}
	if (read_what(budget, text, (size_t)(equals - text), err) < 0)
		return -1;
	return read_limit(budget, equals + 1, err);
}

void budgets_release(struct budgets *budgets)
{
	for (size_t i = 0; i < budgets->all.count; i++) {
		free(budgets->all.items[i].pattern);
		glob_free(budgets->all.items[i].glob);
		glob_free(budgets->all.items[i].tail);
	}
	ARRAY_FREE(&budgets->all);
}

uint64_t budget_allowed(const struct budget *budget)
{
	unsigned __int128 growth = budget->limit;

	if (budget->percent)
		growth = growth * budget->base / ((uint64_t)BUDGET_PERCENT * 100);
	growth += budget->growth ? budget->base : 0;
	return growth > UINT64_MAX ? UINT64_MAX : (uint64_t)growth;
}
