/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pictures of a traced process, one after the other: a thread asks its collector, so that nobody who looks has to wait.
 */
#ifndef CMD_LIVE_FEED_H
#define CMD_LIVE_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/error.h"
#include "model/snapshot.h"

struct live_feed; /* opaque */

/* The first picture is waited for, into *FIRST: an error means that there is nothing to look at. One more comes each
 * INTERVAL_NS, or more rarely where the collector needs more than a fifth of that for one. */
struct live_picture {
	struct snapshot *snapshot;
	struct buffer body; /* its bytes, as they would stand in a file */
};
struct live_feed *live_feed_start(int32_t pid, uint64_t interval_ns, struct live_picture *first, struct error *err);
/* Waits for nobody: a thread that still waits for an answer, for up to a minute, stays with what it has until the process ends,
 * which is to be soon. NULL is nothing. */
void live_feed_stop(struct live_feed *feed);

/* Readable when there is something to take. */
int live_feed_fd(const struct live_feed *feed);
enum live_news {
	LIVE_GOOD,
	LIVE_SILENT, /* the last picture could not be had, ERR says why: the next one may */
	LIVE_OVER,   /* nor will any other: nobody knows the process any more */
};
/* A new picture into *PICTURE, which is released first, or false. *NEWS is how the last one went. */
bool live_feed_take(struct live_feed *feed, struct live_picture *picture, enum live_news *news, struct error *err);
void live_feed_pause(struct live_feed *feed, bool paused);
void live_feed_hurry(struct live_feed *feed); /* the next one at once, paused or not */

void live_picture_release(struct live_picture *picture);

#endif
