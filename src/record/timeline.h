/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the heap of one image went: a bounded number of points, at the same distance in time. When they have become TIMELINE_MAX,
 * every second of them goes, its highest into the one behind it, and the distance doubles: so nothing that was high is missed
 * in a picture, however long the image lives. Points are taken between events as they are read, by the events' own time.
 */
#ifndef RECORD_TIMELINE_H
#define RECORD_TIMELINE_H

#include <stdint.h>
#include "base/memory.h"
#include "model/snapshot.h"

struct timeline {
	ARRAY(struct point) points;
	uint64_t step_ns;        /* 0: not begun */
	uint64_t due;            /* the tick from which on a point is to be taken */
	uint64_t due_ns;         /* and the time of CLOCK_MONOTONIC, for who has no events */
	uint64_t rss, rss_ns;    /* that was seen last, and when (CLOCK_MONOTONIC) */
	uint64_t rss_high;       /* since the last point */
};

struct image;

/* To be called when an event's tick has reached `due`. */
void timeline_take(struct image *image);
/* To be called now and then, for an image that says nothing. NOW_NS: CLOCK_MONOTONIC. */
void timeline_tick(struct image *image, uint64_t now_ns);
/* All points and a last one, as of TIME_NS (CLOCK_REALTIME) and RSS (0: what was seen last), into SNAPSHOT. */
void timeline_write(struct image *image, uint64_t time_ns, uint64_t rss, struct snapshot *snapshot);

#endif
