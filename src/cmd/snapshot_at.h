/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When to take moments: the value of `run --snapshot-at`.
 */
#ifndef CMD_SNAPSHOT_AT_H
#define CMD_SNAPSHOT_AT_H

#include "base/error.h"
#include "record/moments.h"

struct signal_rule {
	const char *name;        /* "USR2": the kind of its moments */
	int number;
};
enum { SIGNAL_RULES = 3 };       /* signals that there can be a rule for */

struct snapshot_at {
	struct moments_rules rules;
	const struct signal_rule *signals[SIGNAL_RULES];
	size_t n_signals;
};

/* What its words begin with, for TAB. */
#define SNAPSHOT_AT_NAMES "exit|peak|every:|growth:|rss:|SIG:USR1|SIG:USR2|SIG:HUP"

/* TEXT: "exit,peak,every:30s,growth:100M,rss:2G,SIG:USR2", any of them, in any order. exit and peak are always there. */
int snapshot_at_parse(struct snapshot_at *at, const char *text, struct error *err);

/* "30s", "1.5m", "500ms"; without a unit seconds. At least 10 ms. */
int snapshot_at_time(const char *text, uint64_t *ns, struct error *err);

#endif
