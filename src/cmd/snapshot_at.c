/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One word after the other; a row of `words` is one kind of rule.
 */
#include "cmd/snapshot_at.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/units.h"
#include "cmd/suggest.h"

#define NS_PER_MS 1000000ull
#define EVERY_MIN_NS (10 * NS_PER_MS)
#define EVERY_MAX_NS (366 * 86400000ull * NS_PER_MS)

static const struct signal_rule signals[SIGNAL_RULES] = {
	{"USR1", SIGUSR1},
	{"USR2", SIGUSR2},
	{"HUP", SIGHUP},
};

static int parse_none(struct snapshot_at *at, const char *value, struct error *err)
{
	(void)at;
	(void)value;
	(void)err;
	return 0;
}

static int parse_size(uint64_t *size, const char *value, struct error *err)
{
	if (units_parse(value, size, err) < 0)
		return -1;
	return *size ? 0 : error_set(err, "0 is no size to wait for");
}

int snapshot_at_time(const char *value, uint64_t *ns, struct error *err)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ms", 1e6}, {"s", 1e9}, {"", 1e9}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9},
		{"d", 86400e9}};
	size_t digits = strspn(value, "0123456789."), i = 0;
	char *end;
	double time = strtod(value, &end);

	while (i < sizeof units / sizeof *units && strcmp(units[i].name, value + digits) != 0)
		i++;
	if (!digits || end != value + digits || i == sizeof units / sizeof *units) {
		error_set(err, "'%s' is not a time", value);
		return error_hint(err, "a time is a number with ms, s, m, h or d: 30s, 5m");
	}
	time *= units[i].ns;
	if (time < (double)EVERY_MIN_NS || time > (double)EVERY_MAX_NS)
		return error_set(err, "'%s' is not a time from 10ms to a year", value);
	*ns = (uint64_t)time;
	return 0;
}

static int parse_every(struct snapshot_at *at, const char *value, struct error *err)
{
	uint64_t time;

	if (snapshot_at_time(value, &time, err) < 0)
		return -1;
	if (at->rules.every_ns)
		return error_set(err, "it is there twice");
	at->rules.every_ns = time;
	return 0;
}

static int parse_growth(struct snapshot_at *at, const char *value, struct error *err)
{
	if (at->rules.growth)
		return error_set(err, "it is there twice");
	return parse_size(&at->rules.growth, value, err);
}

static int parse_rss(struct snapshot_at *at, const char *value, struct error *err)
{
	if (at->rules.n_rss == MOMENTS_RSS)
		return error_set(err, "it is there more than %d times", MOMENTS_RSS);
	return parse_size(&at->rules.rss[at->rules.n_rss++], value, err);
}

static int parse_signal(struct snapshot_at *at, const char *value, struct error *err)
{
	const char *name = strncasecmp(value, "SIG", 3) == 0 ? value + 3 : value;
	const struct signal_rule *rule = NULL;

	for (size_t i = 0; i < SIGNAL_RULES; i++)
		if (strcasecmp(signals[i].name, name) == 0)
			rule = &signals[i];
	if (!rule) {
		error_set(err, "'%s' is not a signal that memtrace can be sent for this", value);
		return error_hint(err, "USR1, USR2 or HUP can; it is sent to memtrace, never to the program");
	}
	for (size_t i = 0; i < at->n_signals; i++)
		if (at->signals[i] == rule)
			return error_set(err, "it is there twice");
	at->signals[at->n_signals++] = rule;
	return 0;
}

static const struct {
	const char *name, *value; /* VALUE: an example of what follows the colon, NULL: nothing does */
	int (*parse)(struct snapshot_at *at, const char *value, struct error *err);
} words[] = {
	{"exit", NULL, parse_none},
	{"peak", NULL, parse_none},
	{"every", "30s", parse_every},
	{"growth", "100M", parse_growth},
	{"rss", "2G", parse_rss},
	{"SIG", "USR2", parse_signal},
};
enum { WORDS = sizeof words / sizeof *words };

static int unknown(const char *word, const char *name, struct error *err)
{
	struct suggestion suggestion = {.typed = name};

	for (size_t i = 0; i < WORDS; i++)
		suggest(&suggestion, words[i].name);
	error_set(err, "run: --snapshot-at: '%s' is none of exit, peak, every:TIME, growth:SIZE, rss:SIZE, SIG:NAME", word);
	return suggestion.best ? error_hint(err, "did you mean '%s'?", suggestion.best) : -1;
}

static int parse_word(struct snapshot_at *at, char *word, struct error *err)
{
	char *colon = strchr(word, ':');
	size_t size = colon ? (size_t)(colon - word) : strlen(word), i = 0;
	char *name = xstrndup(word, size);
	int rc = 0;

	while (i < WORDS && strcasecmp(words[i].name, name) != 0)
		i++;
	if (i == WORDS) {
		rc = unknown(word, name, err);
	} else if (colon && !words[i].value) {
		rc = error_set(err, "run: --snapshot-at: '%s' takes no value", name);
	} else if (words[i].value && (!colon || !colon[1])) {
		error_set(err, "run: --snapshot-at: '%s' needs a value", name);
		rc = error_hint(err, "as in %s:%s", words[i].name, words[i].value);
	} else if (words[i].parse(at, colon ? colon + 1 : NULL, err) < 0) {
		rc = error_prefix(err, "run: --snapshot-at: %s", words[i].name);
	}
	free(name);
	return rc;
}

int snapshot_at_parse(struct snapshot_at *at, const char *text, struct error *err)
{
	char *copy = xstrdup(text), *save = NULL;
	int rc = 0;

	*at = (struct snapshot_at){0};
	if (!strtok_r(copy, ",", &save))
		rc = error_set(err, "run: --snapshot-at: no moment is named");
	for (char *word = rc ? NULL : copy; word; word = strtok_r(NULL, ",", &save))
		if ((rc = parse_word(at, word, err)) < 0)
			break;
	free(copy);
	return rc;
}
