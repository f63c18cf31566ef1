/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stacks as chains of places, oldest first: the keys of rows by traceback, and the nodes of a call tree. Each stack's chain
 * continues its parent's and is kept, so that all of them cost what the stacks cost, however many traces share them.
 */
#ifndef REPORT_CHAIN_H
#define REPORT_CHAIN_H

#include <stdint.h>
#include "report/keys.h"
#include "report/placer.h"
#include "report/view.h"

struct chains {
	struct keys *keys;
	struct placer *placer;
	const struct view *view;
	uint32_t *kept; /* by stack: its key + 1; private */
	/* Called, unless NULL, for each key that a frame has led to. */
	void (*seen)(void *data, uint32_t key, const struct view_frame *frame);
	void *data;
};

/* SEEN and DATA are then the caller's to set. */
void chains_init(struct chains *chains, struct keys *keys, struct placer *placer, const struct view *view);
void chains_release(struct chains *chains);
/* The chain of the frames of a stack that the view shows. */
uint32_t chain_of(struct chains *chains, uint32_t leaf);

#endif
