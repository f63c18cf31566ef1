/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Labelled moments of one image: what was live when something happened, kept until its snapshot is made. Each is a
 * consistent state, between two events.
 *
 * A moment that a rule takes is called KIND-N. Where a kind has become too many, every second of it goes, and the rules that
 * count (every, growth) go on in steps twice as long: so an image that lives for ever has a bounded number of moments, spread
 * over its whole life, and N keeps its meaning: every-4 is at four times the interval, growth-3 the first moment with at
 * least three times the size live.
 */
#ifndef RECORD_MOMENTS_H
#define RECORD_MOMENTS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "record/ledger.h"
#include "record/residency.h"

enum { MOMENTS_MAX = 64, MOMENTS_LABEL_MAX = 64 /* bytes, with NUL */, MOMENTS_RSS = 8 };

/* When moments are taken; 0: never. */
struct moments_rules {
	uint64_t every_ns, growth;
	uint64_t rss[MOMENTS_RSS]; /* each time that this many bytes are resident again */
	size_t n_rss;
};

struct moment_kept {
	char label[MOMENTS_LABEL_MAX];
	const char *kind;        /* "every"; NULL: somebody's own label */
	uint64_t time_ns, rss;   /* CLOCK_REALTIME; bytes */
	struct residency memory;
	struct buffer errors;    /* the same of standard errors, in 256ths, where blocks were sampled */
	struct buffer counts;    /* (ledger index − last one, size, count) as varints, of what was live */
};

struct moments {
	const struct moments_rules *rules;
	ARRAY(struct moment_kept) kept; /* by time */
	uint64_t growth_last;    /* when the peak is higher, moments_grown is to be called soon */
	uint64_t growth_step, every_step, every_next;
	uint64_t begun_ns;       /* CLOCK_MONOTONIC */
	ARRAY(struct { const char *kind; uint64_t taken; }) numbers;
	uint32_t clears;         /* the image's, that growth_last knows of */
	bool rss_above[MOMENTS_RSS];
};

struct image;

/* RULES outlives it; NULL: none. What was not begun is not to be asked whether it has grown. */
void moments_init(struct moments *moments, const struct moments_rules *rules);
void moments_release(struct moments *moments);
/* To be called a few times a second at least: what the rules say of time and resident memory. NOW_NS: CLOCK_MONOTONIC. */
void moments_tick(struct image *image, uint64_t now_ns);
/* The peak is above growth_last: the moment is that of the peak, which may have passed. */
void moments_grown(struct image *image);
/* One more of KIND, a string constant. */
void moments_take(struct image *image, const char *kind);
/* One by a label of the user's; an older one of that name goes. An error says what is wrong with LABEL. */
int moments_label(struct image *image, const char *label, struct error *err);
/* Whether LABEL can be one. */
int moments_check_label(const char *label, struct error *err);
/* The next live trace of a moment: *INDEX (begin with 0 − 1) is its number in the ledger. False: there are no more. */
bool moments_next(struct cursor *cursor, uint64_t *index, struct sums *live);

#endif
