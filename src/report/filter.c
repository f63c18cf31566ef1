/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filters, and the sieve that applies them. A snapshot has few names and many traces, so a filter's
 * answer is kept by name (does the pattern match it?) and, with all_frames, by stack (does any
 * frame match?). Then a trace costs a look-up a filter. The exclusive filter of a domain is subtle:
 * it drops what matches file AND domain, which is how CPython's `res or domain != self.domain`
 * reads.
 */
#include "report/filter.h"

#include <stdlib.h>
#include <string.h>
#include "report/glob.h"

enum answer { UNASKED, YES, NO };

struct answers {
	uint8_t *by_name;  /* enum answer, by string_id */
	uint8_t *by_stack; /* enum answer; of all_frames only */
};

struct sieve {
	const struct filters *filters;
	const struct view *view;
	struct answers *answers; /* one a filter */
	bool has_inclusive;
};

/* os.path.normcase does nothing here; what CPython adds is this. */
static size_t normal_size(const char *name, size_t size)
{
	return size >= 4 && memcmp(name + size - 4, ".pyc", 4) == 0 ? size - 1 : size;
}

struct filter *filters_add_pattern(
	struct filters *filters, bool inclusive, const char *pattern, size_t size)
{
	struct filter *filter = ARRAY_PUSH(&filters->all);

	filter->inclusive = inclusive;
	filter->pattern_size = normal_size(pattern, size);
	filter->pattern = xstrndup(pattern, filter->pattern_size);
	filter->glob = glob_new(pattern, filter->pattern_size);
	filter->lineno = FILTER_NO_LINE;
	filter->domain = FILTER_NO_DOMAIN;
	return filter;
}

struct filter *filters_add_text(struct filters *filters, bool inclusive, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
	struct filter *filter;
	int64_t lineno = 0;

	if (!digits || colon[1 + digits])
		return filters_add_pattern(filters, inclusive, text, strlen(text));
	filter = filters_add_pattern(filters, inclusive, text, (size_t)(colon - text));
	/* No file has so many lines that a number which does not fit could match. */
	for (const char *at = colon + 1; *at && lineno <= UINT32_MAX; at++)
		lineno = lineno * 10 + (*at - '0');
	filter->lineno = lineno;
	return filter;
}

void filters_add_domain(struct filters *filters, bool inclusive, int64_t domain)
{
	struct filter *filter = ARRAY_PUSH(&filters->all);

	filter->inclusive = inclusive;
	filter->lineno = FILTER_NO_LINE;
	filter->domain = domain;
}

void filters_release(struct filters *filters)
{
	for (size_t i = 0; i < filters->all.count; i++) {
		free(filters->all.items[i].pattern);
		glob_free(filters->all.items[i].glob);
	}
	ARRAY_FREE(&filters->all);
}

static bool name_matches(struct sieve *sieve, size_t index, const struct frame *frame)
{
	const struct filter *filter = &sieve->filters->all.items[index];
	const struct strings *strings = sieve->view->snapshot->strings;
	const char *name = frame ? strings_get(strings, frame->filename) : SNAPSHOT_UNKNOWN;
	size_t size = frame ? strings_size(strings, frame->filename) : strlen(SNAPSHOT_UNKNOWN);
	uint8_t unkept = UNASKED;
	uint8_t *answer = frame ? &sieve->answers[index].by_name[frame->filename] : &unkept;

	if (*answer == UNASKED)
		*answer = glob_matches(filter->glob, name, normal_size(name, size)) ? YES : NO;
	return *answer == YES;
}

static bool frame_matches(struct sieve *sieve, size_t index, const struct view_frame *frame)
{
	int64_t wanted = sieve->filters->all.items[index].lineno;
	int64_t lineno = frame->frame ? frame->frame->lineno : 0;

	return (wanted == FILTER_NO_LINE || wanted == lineno) &&
	       name_matches(sieve, index, frame->frame);
}

static bool stack_matches(struct sieve *sieve, size_t index, uint32_t stack)
{
	const struct filter *filter = &sieve->filters->all.items[index];
	struct view_walk walk = view_walk(sieve->view, stack);
	struct view_frame frame;
	uint8_t *answer;

	if (!filter->all_frames) {
		frame = view_leaf(sieve->view, stack);
		return frame_matches(sieve, index, &frame);
	}
	answer = &sieve->answers[index].by_stack[stack];
	if (*answer == UNASKED) {
		*answer = NO;
		while (*answer == NO && view_next(&walk, &frame)) {
			if (frame_matches(sieve, index, &frame))
				*answer = YES;
		}
	}
	return *answer == YES;
}

static bool filter_matches(struct sieve *sieve, size_t index, const struct trace *trace)
{
	const struct filter *filter = &sieve->filters->all.items[index];
	uint32_t domain = sieve->view->snapshot->domains.items[trace->domain].id;

	if (filter->domain != FILTER_NO_DOMAIN && filter->domain != domain)
		return false;
	return !filter->pattern || stack_matches(sieve, index, trace->stack);
}

struct sieve *sieve_new(const struct filters *filters, const struct view *view)
{
	struct sieve *sieve = xcalloc(1, sizeof(*sieve));
	const struct snapshot *snapshot = view->snapshot;

	sieve->filters = filters;
	sieve->view = view;
	sieve->answers = xcalloc(filters->all.count + 1, sizeof(*sieve->answers));
	for (size_t i = 0; i < filters->all.count; i++) {
		const struct filter *filter = &filters->all.items[i];

		sieve->has_inclusive = sieve->has_inclusive || filter->inclusive;
		if (filter->pattern)
			sieve->answers[i].by_name = xcalloc(strings_count(snapshot->strings), 1);
		if (filter->pattern && filter->all_frames)
			sieve->answers[i].by_stack = xcalloc(snapshot->stacks.count, 1);
	}
	return sieve;
}

void sieve_free(struct sieve *sieve)
{
	for (size_t i = 0; i < sieve->filters->all.count; i++) {
		free(sieve->answers[i].by_name);
		free(sieve->answers[i].by_stack);
	}
	free(sieve->answers);
	free(sieve);
}

bool sieve_keeps(struct sieve *sieve, const struct trace *trace)
{
	bool included = !sieve->has_inclusive;

	for (size_t i = 0; i < sieve->filters->all.count; i++) {
		bool inclusive = sieve->filters->all.items[i].inclusive;

		if (inclusive && included)
			continue;
		if (filter_matches(sieve, i, trace)) {
			if (!inclusive)
				return false;
			included = true;
		}
	}
	return included;
}
