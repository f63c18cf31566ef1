/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A history that fits a stack's three sums: all its blocks ever, those live at the peak, those live
 * at the end. heaptrack's form is a list of single allocations and frees, so somebody has to say
 * which blocks there were; nobody knows, but any history with the same sums has the same totals.
 */
#ifndef REPORT_HEAPTRACK_PLAN_H
#define REPORT_HEAPTRACK_PLAN_H

#include <stdbool.h>
#include "model/snapshot.h"

/* Blocks by when they are live. */
enum fate {
	FATE_BRIEF,	/* at neither */
	FATE_TEMPORARY, /* at neither, and freed at once */
	FATE_FREED,	/* at the peak, not at the end */
	FATE_KEPT,	/* at both */
	FATE_LATE,	/* at the end only */
	FATE_TRIMMED,	/* no block: what was given back of those that are kept, as of a mapping */
	FATES,
};

struct heaptrack_plan {
	struct counts lots[FATES];
	uint64_t lacks; /* temporary blocks that are not among the brief ones: they were live at the
			   peak */
};

/* Fills PLAN so that brief + freed + kept + late = TOTAL, freed + kept = PEAK, kept + late = END,
 * in bytes and blocks, none with bytes but no block. Where no blocks have these sums, as when a
 * mapping is in two pieces now, or of estimates, only the bytes of PEAK and END (less what is
 * trimmed) and the number of TOTAL hold. False when not even these can: then there are more
 * allocations. */
bool heaptrack_plan(
	struct heaptrack_plan *plan, struct counts total, struct counts peak, struct counts end);
/* Makes as many of the brief blocks as were TEMPORARY so. */
void heaptrack_plan_temporary(struct heaptrack_plan *plan, struct counts temporary);

#endif
