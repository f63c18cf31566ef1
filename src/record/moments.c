/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A moment is one pass over the accounts, not over blocks: some ns a trace, and some 8 bytes for each that has anything live.
 * What stands in it are numbers of the ledger's traces, which never change, so that the names and stacks are not
 * kept twice and a CLEAR does not touch what was taken before it.
 *
 * Bounded: at most MOMENTS_MAX of a kind, fewer (but MOMENTS_MIN) when moments × traces would be more than CELLS_MAX: a snapshot
 * has a number for each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/utf8.h"
#include "record/estimate.h"
#include "record/image.h"
#include "record/moments.h"
#include "record/procfs.h"

enum { MOMENTS_MIN = 8, CELLS_MAX = 1 << 23 };

void moments_init(struct moments *moments, const struct moments_rules *rules)
{
	memset(moments, 0, sizeof *moments);
	moments->rules = rules;
	moments->every_step = moments->every_next = 1;
	moments->growth_step = rules ? rules->growth : 0;
	moments->growth_last = moments->growth_step - 1; /* without a rule nothing is more */
	moments->begun_ns = clock_ns(CLOCK_MONOTONIC);
}

static void drop(struct moments *moments, size_t index)
{
	buffer_free(&moments->kept.items[index].counts);
	buffer_free(&moments->kept.items[index].errors);
	moments->kept.count--;
	memmove(&moments->kept.items[index], &moments->kept.items[index + 1],
		(moments->kept.count - index) * sizeof *moments->kept.items);
}

void moments_release(struct moments *moments)
{
	for (size_t i = 0; i < moments->kept.count; i++) {
		buffer_free(&moments->kept.items[i].counts);
		buffer_free(&moments->kept.items[i].errors);
	}
	ARRAY_FREE(&moments->kept);
	ARRAY_FREE(&moments->numbers);
}

static size_t count_kind(const struct moments *moments, const char *kind)
{
	size_t count = 0;

	for (size_t i = 0; i < moments->kept.count; i++)
		count += moments->kept.items[i].kind == kind;
	return count;
}

/* The first of KIND goes, the second stays, and so on. */
static void halve(struct moments *moments, const char *kind)
{
	bool goes = true;

	for (size_t i = 0; i < moments->kept.count;) {
		if (moments->kept.items[i].kind != kind) {
			i++;
			continue;
		}
		if (goes)
			drop(moments, i);
		else
			i++;
		goes = !goes;
	}
}

static size_t most(const struct image *image)
{
	size_t fit = CELLS_MAX / (image->ledger.traces.count + 1);

	return fit > MOMENTS_MAX ? MOMENTS_MAX : fit < MOMENTS_MIN ? MOMENTS_MIN : fit;
}

static void write_row(struct buffer *rows, uint64_t *last, uint64_t index, struct sums sums)
{
	if (!sums.size && !sums.count)
		return;
	buffer_varint(rows, index - *last);
	buffer_varint(rows, sums.size);
	buffer_varint(rows, sums.count);
	*last = index;
}

static void trim(struct buffer *rows)
{
	if (rows->size)
		rows->data = xrealloc(rows->data, rows->capacity = rows->size);
}

static void write_errors(const struct ledger *ledger, bool at_peak, struct buffer *errors)
{
	uint64_t last = UINT64_MAX;

	for (size_t i = 0; ledger->errors && i < ledger->traces.count; i++) {
		struct ledger_spread spread = at_peak ? ledger_peak_spread(ledger, i) : ledger_live_spread(ledger, i);

		write_row(errors, &last, i, (struct sums){ estimate_deviation(spread.size), estimate_deviation(spread.count) });
	}
	trim(errors);
}

static void write_counts(const struct ledger *ledger, bool at_peak, struct buffer *counts)
{
	uint64_t last = UINT64_MAX;

	for (size_t i = 0; i < ledger->traces.count; i++) {
		const struct ledger_trace *trace = &ledger->traces.items[i];

		write_row(counts, &last, i, at_peak ? ledger_at_peak(ledger, trace) : ledger_live(trace));
	}
	trim(counts);
}

bool moments_next(struct cursor *cursor, uint64_t *index, struct sums *live)
{
	if (!cursor_left(cursor))
		return false;
	*index += cursor_varint(cursor);
	live->size = cursor_varint(cursor);
	live->count = cursor_varint(cursor);
	return cursor_ok(cursor);
}

/* Labels are names: an older one goes. */
static struct moment_kept *take(struct image *image, const char *label, bool at_peak)
{
	struct moments *moments = &image->moments;
	struct moment_kept *moment;

	for (size_t i = 0; i < moments->kept.count; i++)
		if (strcmp(moments->kept.items[i].label, label) == 0)
			drop(moments, i--);
	moment = ARRAY_PUSH(&moments->kept);
	snprintf(moment->label, sizeof moment->label, "%s", label);
	moment->time_ns = clock_ns(CLOCK_REALTIME);
	moment->rss = resident_bytes(image->pid);
	residency_now(image, &moment->memory);
	write_counts(&image->ledger, at_peak, &moment->counts);
	write_errors(&image->ledger, at_peak, &moment->errors);
	return moment;
}

/* True: there were too many. */
static bool take_numbered(struct image *image, const char *kind, uint64_t number, bool at_peak)
{
	char label[MOMENTS_LABEL_MAX];

	snprintf(label, sizeof label, "%s-%" PRIu64, kind, number);
	take(image, label, at_peak)->kind = kind;
	if (count_kind(&image->moments, kind) < most(image))
		return false;
	halve(&image->moments, kind);
	return true;
}

void moments_take(struct image *image, const char *kind)
{
	struct moments *moments = &image->moments;
	size_t i = 0;

	while (i < moments->numbers.count && moments->numbers.items[i].kind != kind)
		i++;
	if (i == moments->numbers.count)
		ARRAY_PUSH(&moments->numbers)->kind = kind;
	take_numbered(image, kind, ++moments->numbers.items[i].taken, false);
}

/* The next multiple of the step above the peak. */
static void set_growth(struct image *image)
{
	struct moments *moments = &image->moments;

	moments->growth_last = (image->ledger.peak.size / moments->growth_step + 1) * moments->growth_step - 1;
	moments->clears = image->clears;
}

void moments_grown(struct image *image)
{
	static const char kind[] = "growth";
	struct moments *moments = &image->moments;

	ledger_settle(&image->ledger);
	if (take_numbered(image, kind, image->ledger.peak.size / moments->rules->growth, true))
		moments->growth_step *= 2;
	set_growth(image);
}

static void tick_every(struct image *image, uint64_t now_ns)
{
	static const char kind[] = "every";
	struct moments *moments = &image->moments;
	uint64_t number = (now_ns - moments->begun_ns) / moments->rules->every_ns;

	if (number < moments->every_next)
		return;
	if (take_numbered(image, kind, number, false))
		moments->every_step *= 2;
	moments->every_next = (number / moments->every_step + 1) * moments->every_step;
}

/* It must have been lower by a tenth before it counts again. */
static void tick_rss(struct image *image)
{
	static const char kind[] = "rss";
	struct moments *moments = &image->moments;
	uint64_t rss = resident_bytes(image->pid);
	bool reached = false;

	for (size_t i = 0; i < moments->rules->n_rss && rss; i++) {
		uint64_t limit = moments->rules->rss[i];

		reached |= rss >= limit && !moments->rss_above[i];
		if (rss >= limit)
			moments->rss_above[i] = true;
		else if (rss < limit - limit / 10)
			moments->rss_above[i] = false;
	}
	if (reached)
		moments_take(image, kind);
}

void moments_tick(struct image *image, uint64_t now_ns)
{
	const struct moments_rules *rules = image->moments.rules;

	if (!rules)
		return;
	if (rules->growth && image->clears != image->moments.clears)
		set_growth(image);
	if (rules->every_ns)
		tick_every(image, now_ns);
	if (rules->n_rss)
		tick_rss(image);
}

int moments_check_label(const char *label, struct error *err)
{
	const char *at = label, *end = label + strlen(label);

	if (!*label)
		return error_set(err, "a label cannot be empty");
	if (end - label >= MOMENTS_LABEL_MAX)
		return error_set(err, "the label '%s' has more than %d bytes", label, MOMENTS_LABEL_MAX - 1);
	if (strcmp(label, "exit") == 0 || strcmp(label, "peak") == 0 || strcmp(label, "now") == 0)
		return error_set(err, "'%s' is a moment of every snapshot and cannot be a label", label);
	while (at < end) {
		uint32_t character = utf8_next(&at, end);

		if (character == UTF8_INVALID || utf8_is_control(character) || character == '@')
			return error_set(err, "the label '%s' has a character that cannot stand in one", label);
	}
	return 0;
}

static bool has_label(const struct moments *moments, const char *label)
{
	for (size_t i = 0; i < moments->kept.count; i++)
		if (!moments->kept.items[i].kind && strcmp(moments->kept.items[i].label, label) == 0)
			return true;
	return false;
}

int moments_label(struct image *image, const char *label, struct error *err)
{
	struct moments *moments = &image->moments;

	if (moments_check_label(label, err) < 0)
		return -1;
	if (!has_label(moments, label) && count_kind(moments, NULL) >= most(image)) {
		error_set(err, "the process has %zu labelled moments already", count_kind(moments, NULL));
		return error_hint(err, "use a label again: the newer moment takes the place of the older one");
	}
	take(image, label, false);
	return 0;
}
